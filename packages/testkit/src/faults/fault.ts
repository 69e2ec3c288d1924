/** What a faulty server does instead of answering. What it was asked for takes effect first, where the name says so. */
export const FAULTS = [
  /** Kills itself before, or after, the call took effect. */
  "die_before",
  "die_after",
  /** Takes effect and never answers. */
  "hang",
  /** Takes effect and answers after `slowMs`. */
  "slow",
  /** Takes effect and answers with what is no message. */
  "garbage",
  /** Takes effect and stops in the middle of its answer: of JSON, or of an event stream. */
  "truncated",
  "truncated_stream",
  /** HTTP only. Takes effect and answers 500. */
  "500",
  /** HTTP only. Refuses, without effect. */
  "503",
  "503_wait",
  "429",
  "429_wait",
  /** HTTP only. Resets the connection after the call took effect. */
  "reset_after",
] as const;

export type Fault = (typeof FAULTS)[number];

/** Seconds that a refusal with `_wait` asks for. */
export const WAIT_S = 1;

export interface Call {
  readonly tool: string;
  readonly args: CallArguments;
  readonly idempotencyKey: string | undefined;
}

export interface CallArguments {
  /** Names the call, and its effect in the ledger. */
  readonly key?: string;
  /** What goes wrong at the first attempt, the second, and so on; the last one stays if it ends in "*". */
  readonly faults?: readonly string[];
  readonly slowMs?: number;
}

export function isFault(name: unknown): name is Fault {
  return FAULTS.includes(name as Fault);
}

/** What goes wrong at this attempt, counted from 1. */
export function faultAt(faults: readonly string[], attempt: number): Fault | undefined {
  const last = faults.at(-1);
  const forever = last?.endsWith("*") ? last.slice(0, -1) : undefined;
  const name = attempt >= faults.length && forever !== undefined ? forever : faults[attempt - 1];
  return isFault(name) ? name : undefined;
}
