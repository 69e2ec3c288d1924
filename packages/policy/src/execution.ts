import type { Era, JsonObject } from "@trestle/protocol";
import type { Stage } from "./call.ts";

export type Outcome = "success" | "tool_error" | "error" | "outcome_unknown";

/** What is known of a call before it is sent. Nothing in it is secret. */
export interface StartedRow {
  readonly executionId: string;
  readonly parentExecutionId?: string | undefined;
  readonly server: string;
  readonly tool: string;
  /** The principal's id. */
  readonly principal: string;
  readonly readOnly: boolean;
  /** Redacted. */
  readonly arguments: JsonObject;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Of the peer that called. */
  readonly era?: Era | undefined;
  /** The name that the peer gave itself. */
  readonly client?: string | undefined;
  /** The chain or the run of a workflow whose step it is. */
  readonly run?: string | undefined;
}

/** One finished execution, ready to be stored. */
export interface HistoryRow extends StartedRow {
  readonly outcome: Outcome;
  /** To the microsecond, where the clock is that fine. */
  readonly durationMs: number;
  readonly attempts: number;
  /** Attempts after the first. */
  readonly retries?: number | undefined;
  readonly cached: boolean;
  readonly fallbackUsed: boolean;
  /** What each policy decided, in the order in which it did. */
  readonly stages?: readonly Stage[] | undefined;
  /** Estimated, in the unit of the operator's configuration. */
  readonly cost?: number | undefined;
  /** Of the arguments; about, and absent where measuring would take long. */
  readonly requestBytes?: number | undefined;
  readonly resultBytes?: number | undefined;
  readonly errorCode?: string | undefined;
  /** At most 500 characters, redacted. */
  readonly errorMessage?: string | undefined;
  /** Equal where two results are; only of reads that succeeded and were neither cached nor stood in for. */
  readonly resultHash?: string | undefined;
  /** What steps of a chain would see of the result, as JSON and redacted; where results are kept. */
  readonly document?: string | undefined;
}
