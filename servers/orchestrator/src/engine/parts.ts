import type { RunEvent, StepError, WorkflowPlan } from "@trestle/flow";
import type { CallHost, Clock, JsonObject, JsonValue, Logger } from "@trestle/protocol";
import type { RunStore, StoredRun } from "../runs/run-store.ts";

export interface EngineOptions {
  readonly store: RunStore;
  /** Calls tools in the name of whoever executed the workflow; `grant` is what was given to `submit`. */
  readonly hostFor: (grant: string) => Pick<CallHost, "callTool">;
  /** The newest plan of a workflow, for steps that run one. Throws `not_found`, or `invalid_input` of the input. */
  readonly planOf: (
    workflow: string,
    input: JsonObject,
  ) => Promise<{ plan: WorkflowPlan; version: string }>;
  readonly clock: Clock;
  readonly newRunId: () => string;
  /** 0 or above and below 1. */
  readonly random: () => number;
  readonly log?: Logger;
  /** Told of everything that happens, after it is durable. */
  readonly onEvent?: (runId: string, event: RunEvent) => void;
}

export interface ChildCall {
  readonly workflow: string;
  readonly key: string;
  readonly input: JsonObject;
}

/** What the driver of one run gets from its engine. */
export interface DriverParts extends EngineOptions {
  readonly log: Logger;
  runChild(
    parent: StoredRun,
    child: ChildCall,
  ): Promise<{ readonly result: JsonValue } | { readonly error: StepError }>;
  cancelChild(parent: StoredRun, key: string): Promise<void>;
}
