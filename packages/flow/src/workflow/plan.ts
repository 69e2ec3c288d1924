import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { OnError } from "../schema.ts";

/** A workflow after its defaults: plain data, stored with every run of it. Durations are milliseconds. */
export interface WorkflowPlan {
  readonly name: string;
  /** Declared inputs with their defaults. */
  readonly input: JsonObject;
  /** `ordered`: each step after the one before it; `dag`: whatever is ready runs. */
  readonly mode: "ordered" | "dag";
  readonly steps: readonly WorkflowStep[];
  /** Calls that may run at once, over all steps. */
  readonly maxConcurrency: number;
  readonly timeoutMs?: number;
  /** Filled when the run ends; a reference without a value is null there. */
  readonly output?: JsonValue;
}

export interface WorkflowStep {
  readonly id: string;
  readonly dependsOn: readonly string[];
  readonly when?: string;
  readonly onError: OnError | "compensate";
  readonly work: Work;
  /** A reference to a list, or a list: the work is done for each item, as `${item}` and `${index}`. */
  readonly forEach?: JsonValue;
  readonly retry: Retry;
  /** Of one attempt; of the whole wait, where a step waits for somebody. */
  readonly timeoutMs?: number;
  /** The work is done again until this is true of its `${result}`. */
  readonly until?: Until;
  /** Undoes a step that succeeded, with its `${result}`. */
  readonly compensate?: ToolCall;
}

export type Work =
  | ({ readonly kind: "task" } & ToolCall)
  | { readonly kind: "workflow"; readonly workflow: string; readonly input: JsonObject }
  | {
      readonly kind: "condition";
      readonly condition: string;
      /** What the step fails with where the condition is false; without it false is its result. */
      readonly otherwise?: string;
    }
  | { readonly kind: "approval"; readonly message: JsonValue }
  | { readonly kind: "wait"; readonly for: JsonValue }
  | { readonly kind: "signal"; readonly signal: string };

export interface ToolCall {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
}

export interface Retry {
  /** Attempts in all; 1 is no retry. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
}

export interface Until {
  readonly condition: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}
