import type { CheckResult } from "./probes/probe.ts";

/** What is held to be true of a target, after all its checks. */
export interface TargetState {
  readonly status: "unknown" | Level;
  /** When the status was entered. */
  readonly since: number;
  /** The last check. */
  readonly last?: CheckResult;
  /** Checks in a row that were worse, or better, than the status says. */
  readonly streak: number;
  /** The best, or worst, level of the streak: where it leads. */
  readonly streakLevel?: Level;
  /** Levels of the last checks, oldest first. */
  readonly recent: readonly Level[];
  /** Does it change so often that no status is worth a message? */
  readonly isFlapping: boolean;
}

type Level = CheckResult["level"];

export interface Hysteresis {
  readonly fall: number;
  readonly rise: number;
}

const WORSE: Readonly<Record<Level, number>> = { up: 0, degraded: 1, down: 2 };
/** As Nagios does: over the last 21 checks, flapping from 30 % of changes on until they are below 20 %. */
const MOST_RECENT = 21;
const FLAPS_FROM = 0.3;
const FLAPS_UNTIL = 0.2;
const LEAST_RECENT = 10;

export function newTarget(now: number): TargetState {
  return { status: "unknown", since: now, streak: 0, recent: [], isFlapping: false };
}

/** The state after one more check: it gets worse after `fall` worse checks in a row, better after `rise` better ones. */
export function afterCheck(
  state: TargetState,
  result: CheckResult,
  rules: Hysteresis,
): TargetState {
  const recent = [...state.recent, result.level].slice(-MOST_RECENT);
  const told = { last: result, recent, isFlapping: isFlapping(recent, state.isFlapping) };
  // Nothing is known yet: what is well is believed at once.
  const before = state.status === "unknown" ? "up" : state.status;
  const direction = Math.sign(WORSE[result.level] - WORSE[before]);
  if (direction === 0) {
    const since = state.status === "unknown" ? result.at : state.since;
    return { ...told, status: before, since, streak: 0 };
  }
  const goesOn =
    state.streakLevel !== undefined &&
    Math.sign(WORSE[state.streakLevel] - WORSE[before]) === direction;
  const streak = goesOn ? state.streak + 1 : 1;
  // Of a streak the level nearest to the status is what all of its checks agree on.
  const streakLevel =
    goesOn && direction * (WORSE[state.streakLevel as Level] - WORSE[result.level]) < 0
      ? (state.streakLevel as Level)
      : result.level;
  if (streak >= (direction > 0 ? rules.fall : rules.rise)) {
    return { ...told, status: streakLevel, since: result.at, streak: 0 };
  }
  return { ...told, status: state.status, since: state.since, streak, streakLevel };
}

function isFlapping(recent: readonly Level[], was: boolean): boolean {
  if (recent.length < LEAST_RECENT) return false;
  const changes = recent.filter((level, at) => at > 0 && level !== recent[at - 1]).length;
  return changes / (recent.length - 1) >= (was ? FLAPS_UNTIL : FLAPS_FROM);
}
