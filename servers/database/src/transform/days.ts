import { TrestleError } from "@trestle/protocol";

const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of `2026-06-01`, or of the date that a time begins with. Undefined for what is no day. */
export function parseDay(value: unknown): number | undefined {
  const match =
    typeof value === "string" ? /^(\d{4})-(\d\d)-(\d\d)(?:[T ][\d:.]+.*)?$/.exec(value) : null;
  if (!match) return undefined;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  const time = new Date(0).setUTCFullYear(year, month - 1, day);
  const date = new Date(time);
  // A day that no month has would have become one of the next.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time / DAY_MS : undefined;
}

export function readDay(value: unknown, field: string): number {
  const day = parseDay(value);
  if (day !== undefined) return day;
  throw new TrestleError(
    "invalid_input",
    `${field}: ${JSON.stringify(value) ?? "nothing"} is no day: give it as 2026-06-01.`,
  );
}

export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export type Period = "day" | "week" | "month" | "year";

/** The first day of the period that a day is in; weeks begin on Monday. */
export function startOf(period: Period, day: number): number {
  if (period === "day") return day;
  // 1970-01-01 was a Thursday.
  if (period === "week") return day - ((((day + 3) % 7) + 7) % 7);
  const date = new Date(day * DAY_MS);
  const month = period === "month" ? date.getUTCMonth() : 0;
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), month, 1) / DAY_MS;
}
