import type { RunState, StepError } from "@trestle/flow";
import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { RunView } from "../engine/run-view.ts";
import type { RunStatus } from "../runs/run-store.ts";

/** A run as its callers read it. Times are ISO 8601. */
export interface Execution {
  readonly executionId: string;
  readonly workflow: string;
  readonly version: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly completedSteps: readonly string[];
  readonly failedSteps: readonly string[];
  readonly errors: readonly ({ readonly step: string } & StepError)[];
  /** Of steps that succeeded, by id. */
  readonly results: JsonObject;
  readonly steps: readonly ExecutionStep[];
  /** What people or other systems have to say before it goes on. */
  readonly waitingFor: readonly ExecutionWait[];
  readonly undone?: readonly { readonly step: string; readonly error?: string }[];
  readonly output?: JsonValue;
}

export interface ExecutionStep {
  readonly id: string;
  readonly status: string;
  /** Calls that were made for it. */
  readonly attempts?: number;
  readonly durationMs?: number;
  readonly startedAt?: string;
  /** Why it was skipped, or what it failed with. */
  readonly reason?: string;
}

export interface ExecutionWait {
  readonly step: string;
  readonly for: "approval" | "signal" | "time";
  readonly message?: string;
  readonly signal?: string;
  /** When the wait ends by itself. */
  readonly until?: string;
}

export function toExecution(run: RunView): Execution {
  const { id, workflow, version, status, createdAt, endedAt, output, state } = run;
  const steps = run.plan.steps.map(({ id: step }) => toStep(state, step));
  const entries = Object.entries(state.steps);
  return {
    executionId: id,
    workflow,
    version,
    status,
    startedAt: toIso(createdAt),
    ...(endedAt === undefined ? {} : { endedAt: toIso(endedAt) }),
    completedSteps: idsOf(steps, "succeeded"),
    failedSteps: idsOf(steps, "failed"),
    errors: entries.flatMap(([step, each]) =>
      each.status === "failed" ? [{ step, ...each.error }] : [],
    ),
    results: Object.fromEntries(
      entries.flatMap(([step, each]) => (each.status === "succeeded" ? [[step, each.result]] : [])),
    ),
    steps,
    waitingFor: waitsOf(run),
    ...undoneOf(state),
    ...(output === undefined ? {} : { output }),
  };
}

function toStep({ steps, units }: RunState, id: string): ExecutionStep {
  const step = steps[id] ?? { status: "pending" };
  const attempts = (units[id] ?? []).reduce((sum, { attempt, poll }) => sum + attempt + poll, 0);
  const begun = "startedAt" in step ? step.startedAt : undefined;
  const ended = "endedAt" in step && begun !== undefined;
  const reason = reasonOf(step);
  return {
    id,
    status: step.status,
    ...(attempts > 0 ? { attempts } : {}),
    ...(ended ? { durationMs: step.endedAt - begun } : {}),
    ...(begun === undefined ? {} : { startedAt: toIso(begun) }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function reasonOf(step: RunState["steps"][string]): string | undefined {
  if (step.status === "skipped") return step.reason;
  return step.status === "failed" || step.status === "cancelled" ? step.error.message : undefined;
}

function idsOf(steps: readonly ExecutionStep[], status: string): string[] {
  return steps.filter((step) => step.status === status).map(({ id }) => id);
}

function waitsOf({ plan, state }: RunView): ExecutionWait[] {
  return plan.steps.flatMap(({ id, work }): ExecutionWait[] => {
    const unit = (state.units[id] ?? []).find(({ status }) => status === "waiting");
    if (unit === undefined || state.steps[id]?.status !== "running") return [];
    const end = unit.dueAt ?? unit.deadline;
    const until = end === undefined ? {} : { until: toIso(end) };
    if (work.kind === "approval") {
      const message =
        typeof work.message === "string" ? work.message : JSON.stringify(work.message);
      return [{ step: id, for: "approval", message, ...until }];
    }
    if (work.kind === "signal") return [{ step: id, for: "signal", signal: work.signal, ...until }];
    return [{ step: id, for: "time", ...until }];
  });
}

function undoneOf({ compensation }: RunState): Pick<Execution, "undone"> | object {
  if (compensation === undefined) return {};
  const undone = compensation.undone.map(({ step, error }) => ({
    step,
    ...(error ? { error: error.message } : {}),
  }));
  return { undone };
}

function toIso(at: number): string {
  return new Date(at).toISOString();
}
