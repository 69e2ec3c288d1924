import type { JsonValue } from "@trestle/protocol";
import type { Flow } from "./flow.ts";
import type { FlowOutcome, FlowState, StepError, StepState } from "./state.ts";

/** What a chain answers, as clients read it. */
export interface ChainAnswer {
  readonly chain_name: string;
  /** False where a step failed whose `onError` is `fail`, and where the chain was cancelled or ran out of time. */
  readonly success: boolean;
  readonly outcome: FlowOutcome;
  /** Steps that succeeded. */
  readonly completed_steps: number;
  readonly total_steps: number;
  readonly total_duration_ms: number;
  readonly steps: readonly StepAnswer[];
}

export interface StepAnswer {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly success: boolean;
  /** What later steps referred to. */
  readonly result?: JsonValue;
  readonly error?: StepError;
  readonly skipped?: true;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly duration_ms: number;
  /** Of the call, where whoever called the tool gave it one. */
  readonly execution_id?: string;
}

export interface RunFacts {
  readonly durationMs: number;
  readonly executionIds: ReadonlyMap<string, string>;
}

export function toAnswer(flow: Flow, state: FlowState, facts: RunFacts): ChainAnswer {
  const { plan } = flow;
  const outcome = flow.outcome(state);
  const steps = plan.steps.map(({ id, server, tool }): StepAnswer => {
    const executionId = facts.executionIds.get(id);
    return {
      id,
      server,
      tool,
      ...endOf(state.steps[id]),
      ...(executionId === undefined ? {} : { execution_id: executionId }),
    };
  });
  return {
    chain_name: plan.name,
    success: outcome === "succeeded",
    outcome,
    completed_steps: steps.filter(({ success }) => success).length,
    total_steps: steps.length,
    total_duration_ms: facts.durationMs,
    steps,
  };
}

function endOf(
  step: StepState | undefined,
): Pick<StepAnswer, "success" | "duration_ms" | "result" | "error" | "skipped" | "reason"> {
  switch (step?.status) {
    case "succeeded":
      return { success: true, result: step.result, duration_ms: step.endedAt - step.startedAt };
    case "failed":
    case "cancelled":
      return {
        success: false,
        error: step.error,
        duration_ms: step.endedAt - (step.startedAt ?? step.endedAt),
      };
    case "skipped":
      return { success: false, skipped: true, reason: step.reason, duration_ms: 0 };
    default:
      return { success: false, duration_ms: 0 };
  }
}
