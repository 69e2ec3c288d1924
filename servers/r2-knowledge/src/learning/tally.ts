/**
 * What is known of how a fix did: how often, and what that weighs. Weights halve with age, so that two
 * numbers and a time stand for any number of outcomes.
 */
export interface Tally {
  readonly worked: number;
  readonly failed: number;
  /** Weights of the outcomes at the time `at`. */
  readonly workedWeight: number;
  readonly failedWeight: number;
  /** Milliseconds since 1970: when the last outcome was. 0 where there was none. */
  readonly at: number;
}

export const EMPTY_TALLY: Tally = { worked: 0, failed: 0, workedWeight: 0, failedWeight: 0, at: 0 };

const DAY_MS = 86_400_000;
/** After half a year, an outcome counts half: software moves on. */
export const HALF_LIFE_MS = 180 * DAY_MS;

/** Adds one outcome. Outcomes may come in any order: the sum is the same. */
export function addOutcome(tally: Tally, worked: boolean, at: number): Tally {
  const now = Math.max(tally.at, at);
  const before = decay(now - tally.at);
  const own = decay(now - at);
  return {
    worked: tally.worked + (worked ? 1 : 0),
    failed: tally.failed + (worked ? 0 : 1),
    workedWeight: tally.workedWeight * before + (worked ? own : 0),
    failedWeight: tally.failedWeight * before + (worked ? 0 : own),
    at: now,
  };
}

/** The weights as they are at `now`. */
export function weightsAt(tally: Tally, now: number): { worked: number; failed: number } {
  const factor = decay(now - tally.at);
  return { worked: tally.workedWeight * factor, failed: tally.failedWeight * factor };
}

/** 1 now, a half after one half-life; what lies in the future is as good as now. */
export function decay(ageMs: number, halfLifeMs: number = HALF_LIFE_MS): number {
  return 2 ** (-Math.max(0, ageMs) / halfLifeMs);
}
