import { TrestleError } from "@trestle/protocol";

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * A point in time as people say it: `24h`, `7d`, `2w` before now, or a date. In milliseconds since 1970.
 * Throws `invalid_input` naming the field.
 */
export function parseSince(text: string, now: number, field: string): number {
  const [, amount, unit] = /^(\d{1,6}) ?([smhdw])$/i.exec(text.trim()) ?? [];
  if (amount !== undefined && unit !== undefined)
    return now - Number(amount) * (UNITS[unit.toLowerCase()] ?? 0);
  const time = /^\d{4}-/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new TrestleError(
    "invalid_input",
    `${field} must be a span before now (30m, 24h, 7d, 2w) or a date (2026-01-31, 2026-01-31T12:00:00Z), not "${text.slice(0, 100)}".`,
    { details: { fields: [{ field, message: "not a time" }] } },
  );
}

/** A span as people say it, in milliseconds: `24h`, `30d`. Throws `invalid_input` naming the field. */
export function parseSpan(text: string, field: string): number {
  if (/^\d{4}-/.test(text.trim())) {
    throw new TrestleError("invalid_input", `${field} must be a span (24h, 30d), not a date.`);
  }
  return 0 - parseSince(text, 0, field);
}
