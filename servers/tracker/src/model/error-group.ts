import type { ErrorClass } from "./facts.ts";
import type { Phase } from "./phase.ts";

/** Errors that are the same one, met again. */
export interface ErrorGroup {
  readonly group: string;
  readonly family: string;
  readonly template: string;
  readonly class: ErrorClass;
  readonly component: string;
  readonly type?: string;
  readonly command?: string;
  /** Of the first one that was stored. */
  readonly message: string;
  readonly firstAt: number;
  readonly firstRecordId: string;
  readonly lastAt: number;
  readonly lastRecordId: string;
  readonly lastSessionId: string;
  /** Of the last one. */
  readonly project: string;
  /** Of all time, also of those that retention has deleted. */
  readonly count: number;
  /** In which it was met last, of those known. */
  readonly phase?: Phase;
  readonly status: "open" | "resolved" | "regressed";
  readonly resolution?: Resolution;
  /** How often it came back after it was resolved. */
  readonly regressions: number;
  readonly regressedAt?: number;
  /** Counts of equal spans of the asked time, oldest first; only where they were asked for. */
  readonly buckets?: readonly number[];
}

export interface Resolution {
  readonly at: number;
  readonly by?: string;
  readonly note?: string;
}
