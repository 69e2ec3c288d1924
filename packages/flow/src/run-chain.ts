import { type Clock, type JsonObject, systemClock, TrestleError } from "@trestle/protocol";
import { type ChainAnswer, toAnswer } from "./answer.ts";
import { createFlow, type Flow } from "./flow.ts";
import { createResultLimit, type ResultLimits } from "./result-limit.ts";
import { type PlanLimits, parsePlan } from "./schema.ts";
import type { FlowCommand, FlowEvent, FlowState } from "./state.ts";
import { type CallTool, callStep } from "./step-call.ts";

export interface RunChainOptions {
  readonly callTool: CallTool;
  /** Values for declared inputs, over those of the definition. */
  readonly input?: JsonObject;
  /** What `${metadata.x}` sees. */
  readonly metadata?: JsonObject;
  /** Cancels the chain. */
  readonly signal?: AbortSignal;
  /** How many chains this one runs inside of; 0 by default. A chain's step may call what runs chains. */
  readonly depth?: number;
  /** Given, every call carries the idempotency key `runId/step/0`. */
  readonly runId?: string;
  readonly clock?: Clock;
  readonly limits?: ChainLimits;
  /** Told of every event once the state holds it. */
  readonly onEvent?: (event: FlowEvent) => void;
}

export interface ChainLimits extends PlanLimits, ResultLimits {
  /** The deepest `depth` that still runs; 3 by default. */
  readonly depth?: number;
  /** How long a cancelled call may take to say how it ended; 2 000 ms by default. */
  readonly graceMs?: number;
}

const DEFAULT_GRACE_MS = 2_000;
const DEFAULT_DEPTH = 3;

/**
 * Runs a chain in memory. Throws `invalid_input` where the definition cannot run, before any tool is
 * called; whatever happens afterwards is in the answer.
 */
export async function runChain(
  definition: unknown,
  options: RunChainOptions,
): Promise<ChainAnswer> {
  const clock = options.clock ?? systemClock;
  const startedAt = clock.now();
  refuseDepth(options);
  const flow = createFlow(parsePlan(definition, options.limits));
  const begun = flow.begin({ input: options.input ?? {}, metadata: options.metadata ?? {} });
  const run = createRun(flow, { ...options, clock });
  const stop = watchForStop(flow, { ...options, clock });
  try {
    const state = await run.toEnd(begun, stop.event);
    const durationMs = clock.now() - startedAt;
    return toAnswer(flow, state, { durationMs, executionIds: run.executionIds });
  } finally {
    stop.clear();
  }
}

function refuseDepth({ depth = 0, limits }: RunChainOptions): void {
  const most = limits?.depth ?? DEFAULT_DEPTH;
  if (depth <= most) return;
  throw new TrestleError(
    "invalid_input",
    `Chains run at most ${most} deep inside each other; put the inner steps into the outer chain`,
  );
}

type RunOptions = RunChainOptions & { readonly clock: Clock };

interface RunningStep {
  readonly controller: AbortController;
  readonly end: Promise<FlowEvent>;
}

/** Turns the commands of a flow into calls, and the ends of calls into events. */
function createRun(flow: Flow, options: RunOptions) {
  const { clock, limits = {} } = options;
  const running = new Map<string, RunningStep>();
  const executionIds = new Map<string, string>();
  const resultLimit = createResultLimit(limits);

  function record(state: FlowState, event: FlowEvent): FlowState {
    const after = flow.reduce(state, event);
    if (after !== state) options.onEvent?.(event);
    return after;
  }

  async function toEnd(begun: FlowState, stopped: Promise<FlowEvent>): Promise<FlowState> {
    let state = options.signal?.aborted ? record(begun, await stopped) : begun;
    for (;;) {
      const settled = flow.settle(state, clock.now());
      state = settled.state;
      for (const event of settled.events) options.onEvent?.(event);
      if (settled.commands[0]?.kind === "finish") return state;
      for (const command of settled.commands) state = obey(command, state);
      const ends = [...running.values()].map(({ end }) => end);
      const event = await Promise.race(state.stopping === undefined ? [stopped, ...ends] : ends);
      if ("step" in event) running.delete(event.step);
      state = record(state, event);
    }
  }

  function obey(command: FlowCommand, state: FlowState): FlowState {
    if (command.kind === "cancel") running.get(command.step)?.controller.abort();
    if (command.kind !== "start") return state;
    const started = record(state, {
      kind: "stepStarted",
      step: command.step,
      at: clock.now(),
    });
    const controller = new AbortController();
    running.set(command.step, { controller, end: call(command, controller.signal) });
    return started;
  }

  async function call(
    { step, arguments: args }: FlowCommand & { kind: "start" },
    signal: AbortSignal,
  ): Promise<FlowEvent> {
    const { server = "", tool = "" } = flow.steps.get(step) ?? {};
    const key = options.runId === undefined ? {} : { idempotencyKey: `${options.runId}/${step}/0` };
    const end = await callStep(
      { server, tool, arguments: args, signal, ...key },
      { callTool: options.callTool, clock, graceMs: limits.graceMs ?? DEFAULT_GRACE_MS },
    );
    if (end.executionId !== undefined) executionIds.set(step, end.executionId);
    const at = clock.now();
    if ("error" in end) return { kind: "stepFailed", step, at, error: end.error };
    const error = resultLimit.refuse(end.result);
    if (error !== undefined) return { kind: "stepFailed", step, at, error };
    return { kind: "stepSucceeded", step, at, result: end.result };
  }

  return { toEnd, executionIds };
}

/** The one event that ends a chain from outside: its signal, or its time. */
function watchForStop({ plan }: Flow, { clock, signal }: RunOptions) {
  const { promise: event, resolve } = Promise.withResolvers<FlowEvent>();
  const cancel = () => resolve({ kind: "cancelled", at: clock.now() });
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const clearTimer =
    plan.timeoutMs === undefined
      ? () => {}
      : clock.after(plan.timeoutMs, () => resolve({ kind: "timedOut", at: clock.now() }));
  return {
    event,
    clear(): void {
      signal?.removeEventListener("abort", cancel);
      clearTimer();
    },
  };
}
