import type { JsonObject, JsonValue } from "@trestle/protocol";

/** All that is known of one run of a plan: plain JSON, the fold of its events. */
export interface FlowState {
  /** Values of the roots that are not results: input, metadata. */
  readonly values: JsonObject;
  readonly steps: Readonly<Record<string, StepState>>;
  /** Set once: nothing starts any more, and what runs is to be cancelled. */
  readonly stopping?: Stopping;
}

export interface Stopping {
  readonly reason: "failed" | "cancelled" | "timed_out";
  /** The step whose failure it was. */
  readonly step?: string;
  readonly at: number;
}

/** A step is pending, then perhaps running, then ends in exactly one of the other ways. Times are epoch milliseconds. */
export type StepState =
  | { readonly status: "pending" }
  | { readonly status: "running"; readonly startedAt: number; readonly attempt: number }
  | {
      readonly status: "succeeded";
      readonly startedAt: number;
      readonly endedAt: number;
      readonly result: JsonValue;
    }
  | {
      readonly status: "failed" | "cancelled";
      /** Absent where the step never started, as one whose references had no value. */
      readonly startedAt?: number;
      readonly endedAt: number;
      readonly error: StepError;
    }
  | {
      readonly status: "skipped";
      readonly endedAt: number;
      readonly cause: SkipCause;
      readonly reason: string;
    };

export interface StepError {
  /** An error code of this project, `tool_error`, or a code of JSON-RPC as text. */
  readonly code: string;
  readonly message: string;
}

/** Its own `when`, what happened to a step it depends on, or the end of the whole flow. */
export type SkipCause = "condition" | "dependency" | "stopped";

export type FlowEvent =
  | { readonly kind: "stepStarted"; readonly step: string; readonly at: number }
  | {
      readonly kind: "stepSucceeded";
      readonly step: string;
      readonly at: number;
      readonly result: JsonValue;
    }
  | {
      readonly kind: "stepFailed";
      readonly step: string;
      readonly at: number;
      readonly error: StepError;
    }
  | {
      readonly kind: "stepSkipped";
      readonly step: string;
      readonly at: number;
      readonly cause: SkipCause;
      readonly reason: string;
    }
  | { readonly kind: "cancelled"; readonly at: number }
  | { readonly kind: "timedOut"; readonly at: number };

/** What the driver of a flow must do next. The same state gives the same commands, so they may be repeated. */
export type FlowCommand =
  /** Record `stepStarted`, then call the tool. */
  | { readonly kind: "start"; readonly step: string; readonly arguments: JsonObject }
  /** Record `stepSkipped`. */
  | {
      readonly kind: "skip";
      readonly step: string;
      readonly cause: SkipCause;
      readonly reason: string;
    }
  /** Record `stepFailed`: the step cannot start. */
  | { readonly kind: "fail"; readonly step: string; readonly error: StepError }
  /** Abort the call; its own end is reported as usual. */
  | { readonly kind: "cancel"; readonly step: string }
  | { readonly kind: "finish"; readonly outcome: FlowOutcome };

export type FlowOutcome = "succeeded" | "failed" | "cancelled" | "timed_out";

export function hasEnded(step: StepState | undefined): boolean {
  return step !== undefined && step.status !== "pending" && step.status !== "running";
}

export function initialState(stepIds: readonly string[], values: JsonObject): FlowState {
  const pending: StepState = { status: "pending" };
  return { values, steps: Object.fromEntries(stepIds.map((id) => [id, pending])) };
}
