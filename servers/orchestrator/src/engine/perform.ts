import type { StepError } from "@trestle/flow";
import { callStep } from "@trestle/flow";
import type { Clock, JsonObject, JsonValue } from "@trestle/protocol";
import type { EngineOptions } from "./parts.ts";

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

/** Does work that is stopped when its time is over, and then ends with `timeout` unless it succeeded. */
export async function inTime(
  { timeoutMs, clock, stop }: { timeoutMs: number | undefined; clock: Clock; stop: () => void },
  work: () => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  if (timeoutMs === undefined) return work();
  let isLate = false;
  const clear = clock.after(timeoutMs, () => {
    isLate = true;
    stop();
  });
  const end = await work();
  clear();
  return isLate && "error" in end ? { error: lateError(timeoutMs) } : end;
}

function lateError(timeoutMs: number): StepError {
  return { code: "timeout", message: `It took longer than ${timeoutMs} ms` };
}
