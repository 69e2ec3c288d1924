import type { TimeCondition } from "./document.ts";

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/** Is the instant within the condition's bounds? */
export function isInTime({ from, until, daily }: TimeCondition, time: number): boolean {
  // Written as "not within", so that a time which cannot be read is outside.
  if (from !== undefined && !(time >= Date.parse(from))) return false;
  if (until !== undefined && !(time < Date.parse(until))) return false;
  if (daily === undefined) return true;
  const start = parseDaytime(daily.from);
  const end = parseDaytime(daily.until);
  if (start === undefined || end === undefined) return false;
  const minute = Math.floor(time / MINUTE_MS) % DAY_MINUTES;
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** `HH:MM` as minutes since midnight; `24:00` is the end of the day. */
export function parseDaytime(text: string): number | undefined {
  const found = /^(\d\d):(\d\d)$/.exec(text);
  if (!found) return undefined;
  const minutes = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && minutes <= DAY_MINUTES ? minutes : undefined;
}
