import type { FlowOutcome, StepAnswer, StepError } from "@trestle/flow";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import type { Row } from "@trestle/store";

/** One step of a chain that ran: how it ended, not what it gave. */
export interface ChainStep {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly success: boolean;
  readonly durationMs: number;
  /** Of its call, in the execution history. */
  readonly executionId?: string;
  readonly error?: StepError;
  readonly skipped?: true;
  /** Why it was skipped. */
  readonly reason?: string;
}

/** One run of a chain as the history knows it. */
export interface ChainRun {
  /** Its place in the history: a later one is larger. */
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly principal: string;
  /** `interrupted`: the bridge ended under it. */
  readonly outcome: FlowOutcome | "running" | "interrupted";
  readonly success: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Absent where nobody saw the end. */
  readonly durationMs?: number;
  readonly completedSteps: number;
  readonly totalSteps: number;
  readonly steps: readonly ChainStep[];
  /** Redacted; empty where it was too large to keep. */
  readonly definition: JsonObject;
  /** Why it gave no answer at all. */
  readonly error?: StepError;
}

type Redact = (value: JsonObject) => JsonObject;

export function toChainStep(step: StepAnswer, redact: Redact): ChainStep {
  const { id, server, tool, success, error, reason } = step;
  return {
    ...{ id, server, tool, success, durationMs: step.duration_ms },
    ...(step.execution_id === undefined ? {} : { executionId: step.execution_id }),
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: redactText(error.message, redact) } }),
    ...(step.skipped === undefined ? {} : { skipped: step.skipped }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export function toChainRun(row: Row): ChainRun {
  const definition = parseJson(String(row.definition));
  const outcome = String(row.outcome) as ChainRun["outcome"];
  return {
    seq: Number(row.seq),
    id: String(row.chain_id),
    name: String(row.name),
    principal: String(row.principal),
    outcome,
    success: outcome === "succeeded",
    startedAt: Number(row.started_at),
    ...(typeof row.duration_ms === "number" ? { durationMs: row.duration_ms } : {}),
    completedSteps: Number(row.completed_steps),
    totalSteps: Number(row.total_steps),
    steps: JSON.parse(String(row.steps)) as ChainStep[],
    definition: isJsonObject(definition) ? definition : {},
    ...(typeof row.error_code === "string"
      ? { error: { code: row.error_code, message: String(row.error_message) } }
      : {}),
  };
}

const MAX_MESSAGE = 500;

export function redactText(message: string, redact: Redact): string {
  const safe = redact({ message }).message;
  return typeof safe === "string" ? safe.slice(0, MAX_MESSAGE) : "";
}
