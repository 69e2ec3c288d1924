import { createHash } from "node:crypto";
import { createWorkflow, type RunEvent, type RunState, type WorkflowPlan } from "@trestle/flow";
import {
  type Clock,
  type JsonObject,
  type JsonValue,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import { checkInput, checkInputSchema } from "../definitions/check-input.ts";
import type { DefinitionStore, Registered } from "../definitions/definition-store.ts";
import { readDefinition } from "../definitions/read.ts";
import type { WorkflowDefinition } from "../definitions/schema.ts";
import { toPlan } from "../definitions/to-plan.ts";
import type { Engine } from "../engine/engine.ts";
import type { RunView } from "../engine/run-view.ts";
import { type Drawing, type DrawingFormat, draw } from "../render/draw.ts";
import type { RunStatus, RunStore, RunSummary } from "../runs/run-store.ts";
import { type Execution, toExecution } from "./execution.ts";

/** Who asks, and what their runs may do in their name. */
export interface Caller {
  readonly principal: Principal;
  /** A storable grant of the host, as text. */
  readonly grant: string;
}

export interface ExecuteRequest {
  readonly id: string;
  readonly version?: string;
  readonly input?: JsonObject;
  /** Seen as `${metadata.x}`, and as the input `x` where the workflow declares one and none is given. */
  readonly context?: JsonObject;
  /** How long to wait for the end, in milliseconds. */
  readonly waitMs?: number;
  /** The same key gives the same execution. */
  readonly idempotencyKey?: string;
}

export interface RenderRequest {
  readonly executionId?: string;
  readonly id?: string;
  readonly version?: string;
  /** A workflow that need not be registered, as it is given to `register`. */
  readonly definition?: unknown;
  readonly format: DrawingFormat;
}

export interface Decision {
  readonly approved: boolean;
  readonly comment?: string;
}

/** A registered workflow, without its steps. */
export interface WorkflowSummary {
  readonly id: string;
  readonly version: string;
  readonly name?: string;
  readonly description?: string;
  readonly steps: number;
  readonly registeredAt: string;
}

/**
 * Workflows and their executions. Everything is told in JSON, so that another process can ask the one that runs
 * them. Others' executions are to a caller as if they were not there.
 */
export interface Workflows {
  register(definition: unknown): Promise<WorkflowSummary>;
  workflows(): Promise<readonly WorkflowSummary[]>;
  workflow(id: string, version?: string): Promise<WorkflowDefinition>;
  /** Of an execution, with how its steps stand; else of a workflow, registered or given here. */
  render(request: RenderRequest, caller: Caller): Promise<Drawing>;
  /** Takes all versions away; executions go on. */
  unregister(id: string): Promise<boolean>;
  execute(request: ExecuteRequest, caller: Caller): Promise<Execution>;
  execution(executionId: string, caller: Caller, waitMs?: number): Promise<Execution>;
  executions(filter: ExecutionFilter, caller: Caller): Promise<readonly RunSummary[]>;
  cancel(executionId: string, caller: Caller): Promise<Execution>;
  pause(executionId: string, caller: Caller): Promise<Execution>;
  /** Goes on with a paused execution, or tries what failed again. */
  resume(executionId: string, caller: Caller): Promise<Execution>;
  retry(executionId: string, step: string, caller: Caller): Promise<Execution>;
  decide(executionId: string, step: string, decision: Decision, caller: Caller): Promise<Execution>;
  signal(executionId: string, signal: Signalled, caller: Caller): Promise<Execution>;
}

export interface Signalled {
  readonly name: string;
  readonly payload: JsonValue;
}

export interface ExecutionFilter {
  readonly workflow?: string;
  readonly statuses?: readonly RunStatus[];
  readonly beforeId?: string;
  readonly limit: number;
}

export interface WorkflowsParts {
  readonly engine: Engine;
  readonly runs: RunStore;
  readonly definitions: DefinitionStore;
  readonly clock: Clock;
}

export function createWorkflows({ engine, runs, definitions, clock }: WorkflowsParts): Workflows {
  async function own(executionId: string, { principal }: Caller): Promise<RunView> {
    const run = await engine.view(executionId);
    if (seesAll(principal) || run.owner === principal.id) return run;
    throw new TrestleError(
      "not_found",
      `There is no run ${executionId}; list_executions shows those there are`,
    );
  }

  async function tell(
    executionId: string,
    caller: Caller,
    toEvents: (state: RunState, now: number) => readonly RunEvent[],
  ): Promise<Execution> {
    await own(executionId, caller);
    await engine.tell(executionId, toEvents);
    return toExecution(await engine.view(executionId));
  }

  return {
    async register(given) {
      const definition = readDefinition(given);
      createWorkflow(toPlan(definition));
      await checkInputSchema(definition);
      const registeredAt = clock.now();
      await definitions.register(definition, registeredAt);
      return toSummary({ definition, registeredAt });
    },
    workflows: async () => (await definitions.list()).map(toSummary),
    workflow: async (id, version) => (await definitions.get(id, version)).definition,
    async render({ executionId, id = "", version, definition, format }, caller) {
      if (executionId !== undefined) {
        const run = await own(executionId, caller);
        return draw(run.plan, format, toExecution(run));
      }
      const given = definition ?? (await definitions.get(id, version)).definition;
      return draw(toPlan(readDefinition(given)), format);
    },
    unregister: (id) => definitions.remove(id),
    async execute({ id, version, input = {}, context = {}, waitMs = 0, idempotencyKey }, caller) {
      const { definition } = await definitions.get(id, version);
      const plan = toPlan(definition);
      const values = { ...declaredOf(context, plan.input), ...input };
      await checkInput(definition, values);
      const runId = await engine.submit({
        workflow: id,
        version: definition.version,
        plan,
        input: values,
        metadata: context,
        grant: caller.grant,
        owner: caller.principal.id,
        ...(idempotencyKey === undefined ? {} : { runId: runIdOf(caller, idempotencyKey) }),
      });
      return toExecution(await engine.waitFor(runId, waitMs));
    },
    async execution(executionId, caller, waitMs = 0) {
      await own(executionId, caller);
      return toExecution(await engine.waitFor(executionId, waitMs));
    },
    executions: (filter, { principal }) =>
      runs.list(seesAll(principal) ? filter : { ...filter, owner: principal.id }),
    cancel: (executionId, caller) =>
      tell(executionId, caller, (_, at) => [{ kind: "cancelled", at }]),
    pause: (executionId, caller) => tell(executionId, caller, (_, at) => [{ kind: "paused", at }]),
    resume: (executionId, caller) => tell(executionId, caller, toGoOn),
    retry: (executionId, step, caller) =>
      tell(executionId, caller, (_, at) => [{ kind: "stepsRetried", steps: [step], at }]),
    async decide(executionId, step, decision, caller) {
      const { plan } = await own(executionId, caller);
      const asks = plan.steps.some(({ id, work }) => id === step && work.kind === "approval");
      if (!asks)
        throw new TrestleError("invalid_input", `"${step}" is no step that asks for approval`);
      return tell(executionId, caller, (state, at) => [
        decided(state, at, { step, decision, caller }),
      ]);
    },
    async signal(executionId, { name, payload }, caller) {
      const { plan } = await own(executionId, caller);
      refuseUnknownSignal(plan, name);
      return tell(executionId, caller, (_, at) => [{ kind: "signalled", name, payload, at }]);
    },
  };
}

function toSummary({ definition, registeredAt }: Registered): WorkflowSummary {
  const { id, version, name, description, steps } = definition;
  return {
    id,
    version,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    steps: steps.length,
    registeredAt: new Date(registeredAt).toISOString(),
  };
}

/** A key belongs to its caller: nobody reaches another's execution by guessing one. */
function runIdOf({ principal }: Caller, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([principal.id, key]))
    .digest("hex")
    .slice(0, 32);
}

function seesAll({ kind }: Principal): boolean {
  return kind === "local" || kind === "admin";
}

function declaredOf(context: JsonObject, declared: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(context).filter(([name]) => Object.hasOwn(declared, name)),
  );
}

/** A signal may come before its step waits for it, but one that no step waits for would never be heard. */
function refuseUnknownSignal({ name: workflow, steps }: WorkflowPlan, name: string): void {
  const known = steps.flatMap(({ work }) => (work.kind === "signal" ? [work.signal] : []));
  if (known.includes(name)) return;
  const there =
    known.length === 0
      ? "none of its steps waits for a signal"
      : `its steps wait for ${[...new Set(known)].join(", ")}`;
  throw new TrestleError("invalid_input", `"${workflow}" knows no signal "${name}": ${there}`);
}

function toGoOn({ steps, paused, ended }: RunState, at: number): RunEvent[] {
  if (paused) return [{ kind: "resumed", at }];
  const failed = Object.entries(steps).flatMap(([id, { status }]) =>
    status === "failed" || status === "cancelled" ? [id] : [],
  );
  if (ended !== undefined && failed.length > 0)
    return [{ kind: "stepsRetried", steps: failed, at }];
  throw new TrestleError("conflict", "It neither is paused nor has it failed: nothing to resume");
}

function decided(
  { steps, units }: RunState,
  at: number,
  { step, decision, caller }: { step: string; decision: Decision; caller: Caller },
): RunEvent {
  const unit = (units[step] ?? []).findIndex(({ status }) => status === "waiting");
  if (unit === -1 || steps[step]?.status !== "running") {
    throw new TrestleError("conflict", `Step "${step}" waits for no decision`);
  }
  const { approved, comment } = decision;
  const by = caller.principal.id;
  if (approved) {
    const result = { approved, by, at: new Date(at).toISOString(), comment: comment ?? null };
    return { kind: "unitSucceeded", step, unit, at, result };
  }
  const message = `${by} said no${comment === undefined ? "" : `: ${comment}`}`;
  return { kind: "unitFailed", step, unit, at, error: { code: "denied", message } };
}
