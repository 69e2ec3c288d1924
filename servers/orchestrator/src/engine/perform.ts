import { callStep, measureResult, type StepError } from "@trestle/flow";
import type { Clock, JsonObject, JsonValue } from "@trestle/protocol";
import type { EngineOptions } from "./parts.ts";
import type { Attempt, ToEvents } from "./turn.ts";

export type AttemptEnd = { readonly result: JsonValue } | { readonly error: StepError };

/** How long a call that is out of time may take to say how it ended. */
const GRACE_MS = 2_000;

/** Calls the tool of one attempt; whoever is called does the work once for its key. Never rejects. */
export function performCall(
  call: {
    readonly runId: string;
    readonly grant: string;
    readonly server: string;
    readonly tool: string;
    readonly arguments: JsonObject;
    readonly key: string;
  },
  signal: AbortSignal,
  { hostFor, clock }: Pick<EngineOptions, "hostFor" | "clock">,
): Promise<AttemptEnd> {
  const { server, tool, runId, grant, key } = call;
  const { callTool } = hostFor(grant);
  return callStep(
    { server, tool, arguments: call.arguments, signal, idempotencyKey: `${runId}/${key}` },
    { callTool, clock, graceMs: GRACE_MS },
  );
}

interface TimeBounds {
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
  readonly stop: () => void;
}

/** Does work that is stopped when its time is over, and then ends with `timeout` unless it succeeded. */
export function inTime(bounds: TimeBounds, work: () => Promise<AttemptEnd>): Promise<AttemptEnd> {
  const { timeoutMs } = bounds;
  return timeoutMs === undefined ? work() : stopInTime({ ...bounds, timeoutMs }, work);
}

async function stopInTime(
  { timeoutMs, clock, stop }: TimeBounds & { readonly timeoutMs: number },
  work: () => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  let isLate = false;
  const clear = clock.after(timeoutMs, () => {
    isLate = true;
    stop();
  });
  const end = await work();
  clear();
  return isLate && "error" in end ? { error: lateError(timeoutMs) } : end;
}

/** What an attempt tells its run; a result that is too large beside what the run keeps is an error. */
export function endOf({ step, unit, undo }: Attempt, end: AttemptEnd): ToEvents {
  return ({ kept = 0 }, at) => {
    const of = undo ? { step, unit, at, undo } : { step, unit, at };
    if ("error" in end) return [{ kind: "attemptFailed", ...of, error: end.error }];
    const { size, error } = measureResult(end.result, kept);
    return error === undefined
      ? [{ kind: "attemptSucceeded", ...of, result: end.result, size }]
      : [{ kind: "attemptFailed", ...of, error }];
  };
}

function lateError(timeoutMs: number): StepError {
  return { code: "timeout", message: `It took longer than ${timeoutMs} ms` };
}
