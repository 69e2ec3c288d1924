import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { FlowEvent, FlowOutcome, StepError, StepState, Stopping } from "../state.ts";

/** All that is known of one run: plain JSON, the fold of its events. Times are epoch milliseconds. */
export interface RunState {
  readonly startedAt: number;
  /** Spreads retries; the same in every replay. */
  readonly seed: number;
  readonly values: JsonObject;
  readonly steps: Record<string, StepState>;
  stopping?: Stopping;
  /** When the whole run is out of time. */
  deadline?: number;
  /** Of each step that has started: one unit, or one for each item. */
  readonly units: Record<string, Unit[]>;
  /** Signals that no step has taken yet, oldest first. */
  readonly signals: Signal[];
  /** Characters of all results of units, as far as they were counted. */
  kept?: number;
  paused?: boolean;
  compensation?: Compensation;
  ended?: { readonly outcome: FlowOutcome; readonly at: number };
}

/** One piece of a step's work: a call and all its attempts, a wait, a child run. */
export interface Unit {
  status: "queued" | "running" | "delayed" | "waiting" | "succeeded" | "failed";
  /** Attempts of the present poll, this one counted. */
  attempt: number;
  /** How often the work was done before because its `until` was not yet true. */
  poll: number;
  /** When its first attempt started, or its wait. */
  startedAt?: number;
  /** Of the running attempt, or of the wait. */
  deadline?: number;
  /** When a delayed unit is queued again, or a wait for time is over. */
  dueAt?: number;
  result?: JsonValue;
  /** Characters of the result, as far as they were counted. */
  size?: number;
  error?: StepError;
}

export interface Signal {
  readonly name: string;
  readonly payload: JsonValue;
  readonly at: number;
}

/** What is to be undone, the last first; the first of `left` is at it. */
export interface Compensation {
  readonly left: { readonly step: string; readonly unit: number; readonly work: Unit }[];
  readonly undone: { readonly step: string; readonly unit: number; readonly error?: StepError }[];
}

/** Which piece of work an event speaks of; `undo`: the compensation of that unit. */
export interface OfUnit {
  readonly step: string;
  readonly unit: number;
  readonly undo?: true;
}

interface UnitEvent extends OfUnit {
  readonly at: number;
}

export type RunEvent =
  | FlowEvent
  | ({ readonly kind: "attemptStarted" } & UnitEvent)
  | ({
      readonly kind: "attemptSucceeded";
      readonly result: JsonValue;
      /** Its characters, to be counted among those of the run. */
      readonly size?: number;
    } & UnitEvent)
  | ({
      readonly kind: "attemptFailed";
      readonly error: StepError;
      /** Fails for good, whatever attempts are left. */
      readonly final?: boolean;
    } & UnitEvent)
  /** Whoever did it is gone: it is to be done again, under the same key, and costs no attempt. */
  | ({ readonly kind: "attemptLost" } & UnitEvent)
  /** The unit waits: for a person or a signal until the deadline, or for its time. */
  | ({
      readonly kind: "waitStarted";
      readonly dueAt?: number;
      readonly deadline?: number;
    } & UnitEvent)
  /** The unit ended without a call. */
  | ({ readonly kind: "unitSucceeded"; readonly result: JsonValue } & UnitEvent)
  | ({ readonly kind: "unitFailed"; readonly error: StepError } & UnitEvent)
  | ({ readonly kind: "signalled" } & Signal)
  | { readonly kind: "paused" | "resumed"; readonly at: number }
  /** Failed steps, and what was skipped because of them, are to run again. */
  | { readonly kind: "stepsRetried"; readonly steps: readonly string[]; readonly at: number }
  /** What succeeded is undone, one unit after the other. */
  | { readonly kind: "compensationStarted"; readonly at: number }
  | { readonly kind: "ended"; readonly outcome: FlowOutcome; readonly at: number };

/** What the driver must do. The same state gives the same commands, so they may be repeated. */
export type RunCommand =
  /** Record `attemptStarted`, call, record how it ended. */
  | ({ readonly kind: "call"; readonly server: string; readonly tool: string } & Attempt)
  /** The same, where the work is a run of another workflow. */
  | ({ readonly kind: "child"; readonly workflow: string } & Attempt)
  /** Abort the attempt; its own end is recorded as usual. */
  | ({ readonly kind: "cancel" } & OfUnit);

export interface Attempt extends OfUnit {
  readonly arguments: JsonObject;
  /** `step/unit`, then the poll from the second on, never the attempt: whoever is called does the work once for it. */
  readonly key: string;
  readonly timeoutMs?: number;
}
