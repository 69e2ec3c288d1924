import { TrestleError } from "@trestle/protocol";

export const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
};

/**
 * A point in time as people say it: `24h`, `7d`, `2w` before now, or a date. In milliseconds since 1970. Throws
 * `invalid_input` naming the field.
 */
export function timeOf(text: string, now: number, field = "since"): number {
  const [, amount, unit = ""] = /^(\d{1,6}) ?([smhdw])$/i.exec(text.trim()) ?? [];
  if (amount !== undefined) {
    return Math.max(0, now - Number(amount) * (UNITS[unit.toLowerCase()] ?? 0));
  }
  const time = /^\d{4}-/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (time >= 0) return time;
  throw new TrestleError(
    "invalid_input",
    `${field} must be a span before now (30m, 24h, 7d, 2w) or a date (2026-01-31, 2026-01-31T12:00:00Z), not ${JSON.stringify(text.slice(0, 100))}.`,
    { details: { fields: [{ field, message: "not a time" }] } },
  );
}

/** As answers show times. */
export function shownTime(at: number): string {
  return new Date(at).toISOString();
}

/** The hour that a time falls into begins with this; sums of hours are not split. */
export function hourOf(at: number): number {
  return at - (at % 3_600_000);
}
