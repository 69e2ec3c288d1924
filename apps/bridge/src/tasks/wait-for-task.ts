import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type RequestContext,
  RPC,
  RpcError,
  TrestleError,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import { lookAt, type Told } from "./dialects.ts";
import { withTasks } from "./task-clients.ts";

/** However often or seldom a server wants to be asked. */
const POLL_MS = { least: 20, most: 5_000, usual: 500 };

export interface Waiting {
  readonly upstream: Upstream;
  readonly task: Told;
  /** Of the call that became the task. */
  readonly context: RequestContext;
  readonly clock: Clock;
}

/**
 * What a task comes to, for whoever cannot follow it. What it asks is asked of the client in the middle of its call.
 * Who gives up, or has waited for as long as a call may take, cancels it.
 */
export async function waitForTask(waiting: Waiting): Promise<JsonObject> {
  const { upstream, task, context, clock } = waiting;
  const end = new AbortController();
  const stopFollowing = followEnd(context, end);
  const asking = askingContext(context, end.signal);
  try {
    for (let looks = 1; ; looks += 1) {
      const seen = await lookAt(upstream, task, asking);
      const result = await resultOf(seen, waiting, asking);
      if (result !== undefined) return result;
      // A server that is asked and answers is not silent.
      context.onProgress?.(progressOf(seen, looks));
      await pause(intervalOf(seen), clock, end.signal);
    }
  } catch (error) {
    if (end.signal.aborted || isUnanswerable(error)) void cancel(waiting);
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    stopFollowing();
  }
}

/** Aborts with the call, or with the attempt at it. */
function followEnd({ signal, attempt }: RequestContext, end: AbortController): () => void {
  const stop = (): void => end.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  if (attempt) {
    if (attempt.ended !== undefined) end.abort(attempt.ended);
    attempt.cancel = (reason) => end.abort(reason);
  }
  return () => {
    signal.removeEventListener("abort", stop);
    if (attempt) attempt.cancel = undefined;
  };
}

/** Each look at a task is a request of its own. */
function askingContext(context: RequestContext, signal: AbortSignal): RequestContext {
  const { own: _own, attempt: _attempt, onProgress: _progress, deadline: _, ...rest } = context;
  return withTasks({ ...rest, signal });
}

async function resultOf(
  seen: JsonObject,
  { upstream, task, context }: Waiting,
  asking: RequestContext,
): Promise<JsonObject | undefined> {
  const { status, result, error } = seen;
  if (status === "completed") return isJsonObject(result) ? result : {};
  if (status === "failed") throw toFault(error);
  if (status === "cancelled")
    throw new RpcError(RPC.internal, `${upstream.id} cancelled the task.`);
  if (status !== "input_required") return undefined;
  // There the questions come on the request for the result.
  if (task.dialect === "core") {
    return upstream.request("tasks/result", { taskId: task.id }, asking);
  }
  const inputResponses = await answersTo(seen, upstream.id, context);
  await upstream.request("tasks/update", { taskId: task.id, inputResponses }, asking);
  return undefined;
}

async function answersTo(
  { inputRequests }: JsonObject,
  server: string,
  { askClient }: RequestContext,
): Promise<JsonObject> {
  if (!askClient) {
    throw new TrestleError(
      "unsupported",
      `${server} asks its user something in the middle of a task, which this client cannot be asked. The task was cancelled.`,
    );
  }
  const answers: Record<string, JsonObject> = {};
  for (const [key, asked] of Object.entries(isJsonObject(inputRequests) ? inputRequests : {})) {
    const { method, params } = isJsonObject(asked) ? asked : {};
    answers[key] = await askClient(String(method), isJsonObject(params) ? params : {});
  }
  return answers;
}

function isUnanswerable(error: unknown): boolean {
  return error instanceof TrestleError && error.code === "unsupported";
}

/** Nobody waits for the answer. */
async function cancel({ upstream, task, context }: Waiting): Promise<void> {
  const endless = askingContext(context, new AbortController().signal);
  await upstream.request("tasks/cancel", { taskId: task.id }, endless).catch(() => {});
}

function toFault(error: unknown): RpcError {
  const { code, message, data } = isJsonObject(error) ? error : {};
  return new RpcError(
    typeof code === "number" ? code : RPC.internal,
    typeof message === "string" ? message : "The task failed.",
    data,
  );
}

function progressOf({ statusMessage }: JsonObject, progress: number) {
  return { progress, ...(typeof statusMessage === "string" && { message: statusMessage }) };
}

function intervalOf({ pollIntervalMs }: JsonObject): number {
  const wanted = typeof pollIntervalMs === "number" ? pollIntervalMs : POLL_MS.usual;
  return Math.min(Math.max(wanted, POLL_MS.least), POLL_MS.most);
}

function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      cancelTimer();
      reject(signal.reason);
    };
    const cancelTimer = clock.after(ms, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    signal.addEventListener("abort", stop, { once: true });
  });
}
