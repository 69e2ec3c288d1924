import type { Clock } from "@trestle/protocol";
import type { Budget, BudgetLimits, Spending } from "../budget.ts";
import { askModel, isLost, type ModelAddress } from "./ask-model.ts";
import type { Message, ModelTurn, ToolCall, ToolResult } from "./conversation.ts";
import { createMeter, type Price } from "./meter.ts";
import type { Toolbox } from "./toolbox.ts";

export interface ModelRun {
  readonly address: ModelAddress;
  readonly price: Price | undefined;
  readonly system: string;
  readonly prompt: string;
  readonly toolbox: Toolbox;
  readonly budget: Budget;
  /** For one answer; less where the budget has less left. */
  readonly maxOutputTokens: number;
  /** Under which the calls of tools are known: one that is repeated is done once. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** How a run ended. Only `done` is a result. */
export type ModelEnd =
  | { readonly kind: "done"; readonly text: string }
  | { readonly kind: "refused"; readonly text: string }
  /** The answer did not fit into its bound. */
  | { readonly kind: "length"; readonly text: string }
  | { readonly kind: "budget"; readonly bound: keyof BudgetLimits };

export interface ModelOutcome {
  readonly end: ModelEnd;
  readonly turns: number;
  readonly toolCalls: number;
  /** Of this run alone. */
  readonly spent: Spending;
}

export interface ModelParts {
  readonly clock: Clock;
  readonly random: () => number;
}

const CALLS_AT_A_TIME = 4;

/**
 * Lets a model work with tools until it is done, refuses, or what it would do next could pass the budget.
 *
 * @throws TrestleError as `askModel` does
 */
export async function runModel(run: ModelRun, parts: ModelParts): Promise<ModelOutcome> {
  const messages: Message[] = [{ kind: "user", text: run.prompt }];
  const meter = createMeter(run);
  const timed = stopInTime(run, parts.clock);
  let turns = 0;
  let toolCalls = 0;
  const outcome = (end: ModelEnd): ModelOutcome => ({
    end,
    turns,
    toolCalls,
    spent: meter.spent(),
  });
  try {
    for (;;) {
      const turn = await nextTurn(run, messages, { ...parts, meter, signal: timed.signal });
      if ("bound" in turn) return outcome({ kind: "budget", bound: turn.bound });
      turns += 1;
      if (turn.end === "refused") return outcome({ kind: "refused", text: turn.text });
      if (turn.calls.length === 0) {
        return outcome({ kind: turn.end === "length" ? "length" : "done", text: turn.text });
      }
      const results = await callAll(run, turn.calls, { turn: turns, meter, signal: timed.signal });
      if ("bound" in results) return outcome({ kind: "budget", bound: results.bound });
      toolCalls += turn.calls.length;
      messages.push({ kind: "model", raw: turn.raw }, { kind: "results", results });
    }
  } catch (error) {
    if (timed.isLate() && !run.signal.aborted) return outcome({ kind: "budget", bound: "wallMs" });
    throw error;
  } finally {
    timed.clear();
  }
}

interface Stopped {
  readonly bound: keyof BudgetLimits;
}

type Meter = ReturnType<typeof createMeter>;

interface Asking extends ModelParts {
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

/** Asks again where an answer was lost, as long as the budget has room for one more. */
async function nextTurn(
  run: ModelRun,
  messages: readonly Message[],
  { meter, signal, ...parts }: Asking,
): Promise<ModelTurn | Stopped> {
  const { address, system, toolbox, budget } = run;
  const asked = { system, messages, tools: toolbox.offered };
  for (let lost = 0; ; lost += 1) {
    await budget.refresh();
    const room = meter.room(asked);
    if ("bound" in room) return room;
    const settle = meter.reserve(room);
    const { maxOutputTokens } = room;
    try {
      const turn = await askModel(address, { ...asked, maxOutputTokens }, parts, signal);
      const usage = turn.usage ?? meter.guess(room, turn.raw);
      settle({ kind: "answered", usage, messages: messages.length });
      return { ...turn, usage };
    } catch (error) {
      settle({ kind: isLost(error) ? "lost" : "refused" });
      if (!isLost(error) || signal.aborted || lost === address.retries) throw error;
    }
  }
}

async function callAll(
  { toolbox, key }: ModelRun,
  calls: readonly ToolCall[],
  { turn, meter, signal }: { turn: number; meter: Meter; signal: AbortSignal },
): Promise<readonly ToolResult[] | Stopped> {
  const bound = meter.countCalls(calls.length);
  if (bound !== undefined) return { bound };
  const results: ToolResult[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let at = next++; at < calls.length; at = next++) {
      const call = calls[at] as ToolCall;
      results[at] = await toolbox.call(call, `${key}/${turn}/${at}`, signal);
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_A_TIME }, work));
  signal.throwIfAborted();
  return results;
}

function stopInTime({ budget, signal }: ModelRun, clock: Clock) {
  const late = new AbortController();
  const ms = budget.leftMs();
  const clear = Number.isFinite(ms) ? clock.after(Math.max(0, ms), () => late.abort()) : () => {};
  return {
    signal: AbortSignal.any([signal, late.signal]),
    isLate: () => late.signal.aborted,
    clear,
  };
}
