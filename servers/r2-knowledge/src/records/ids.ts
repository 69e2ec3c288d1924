import { randomBytes } from "node:crypto";
import type { Clock } from "@trestle/protocol";

/** Makes ULIDs: 26 characters that sort by the time they were made, in the order one process made them. */
export interface Ids {
  next(): string;
}

export interface IdParts {
  readonly clock: Pick<Clock, "now">;
  /** At least 0, below 1; the system's own unless given. */
  readonly random?: (() => number) | undefined;
}

/** Crockford's base 32: without I, L, O and U, which are misread. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
const LAST_TIME = 2 ** 48 - 1;

/** Within one millisecond, and while a clock goes back, each id is the one before plus one. */
export function createIds({ clock, random = systemRandom }: IdParts): Ids {
  let time = -1;
  let tail: number[] = [];

  function next(): string {
    const now = Math.min(Math.max(0, Math.trunc(clock.now())), LAST_TIME);
    if (now > time) {
      time = now;
      tail = fresh(random);
    } else if (!increase(tail)) {
      // 2^80 ids in one millisecond: it is the next one.
      time = Math.min(time + 1, LAST_TIME);
      tail = fresh(random);
    }
    return `${timeDigits(time)}${tail.map((digit) => DIGITS[digit]).join("")}`;
  }

  return { next };
}

/** What every id made at or after this time, in milliseconds since 1970, begins with or sorts behind. */
export function idFloor(time: number): string {
  return timeDigits(Math.min(Math.max(0, Math.trunc(time)), LAST_TIME));
}

/** When an id was made, in milliseconds since 1970; undefined for what is no ULID. */
export function timeOfId(id: string): number | undefined {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return undefined;
  let time = 0;
  for (const digit of id.slice(0, TIME_DIGITS)) time = time * 32 + DIGITS.indexOf(digit);
  return time;
}

function fresh(random: () => number): number[] {
  return Array.from({ length: RANDOM_DIGITS }, () => Math.floor(random() * 32) % 32);
}

/** Adds one; false where there is no larger number, and then it is all zeros. */
function increase(digits: number[]): boolean {
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    const digit = (digits[at] ?? 0) + 1;
    digits[at] = digit % 32;
    if (digit < 32) return true;
  }
  return false;
}

function timeDigits(time: number): string {
  let rest = time;
  let text = "";
  for (let at = 0; at < TIME_DIGITS; at += 1) {
    text = `${DIGITS[rest % 32]}${text}`;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function systemRandom(): number {
  return randomBytes(4).readUInt32LE() / 2 ** 32;
}
