import { type Clock, type JsonObject, TrestleError } from "@trestle/protocol";
import type { CallTool } from "./step-call.ts";

export const step = (tool: string, more: object = {}) => ({ server: "s", tool, ...more });

/** Time that passes only when it is told to. */
export function createManualClock() {
  let now = 1_000;
  const timers = new Set<{ due: number; work: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(ms, work) {
      const timer = { due: now + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  function pass(ms: number): void {
    now += ms;
    for (const timer of [...timers]) {
      if (timer.due > now) continue;
      timers.delete(timer);
      timer.work();
    }
  }
  return { clock, pass, timers };
}

/** Tools that answer as told, and remember what they were asked. */
export function createTools(
  answers: Record<string, (args: JsonObject, signal: AbortSignal) => unknown>,
) {
  const calls: { tool: string; args: JsonObject; key: string | undefined }[] = [];
  const callTool: CallTool = async (_server, tool, args, { signal, idempotencyKey }) => {
    calls.push({ tool, args, key: idempotencyKey });
    return (await answers[tool]?.(args, signal)) as JsonObject;
  };
  return { calls, callTool };
}

export const structured = (value: unknown) => ({ content: [], structuredContent: value });
/** Ends as a well-behaved call does: when it is told to. */
export const untilAborted = (_args: JsonObject, signal: AbortSignal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new TrestleError("cancelled", "cancelled")));
  });
