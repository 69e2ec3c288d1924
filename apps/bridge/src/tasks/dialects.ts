import {
  isJsonObject,
  isRpcError,
  type JsonObject,
  type JsonValue,
  type RequestContext,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";

/** How a server speaks of tasks: as 2025-11-25 had them in the protocol, or as the extension since has them. */
export type Dialect = "core" | "extension";

/** A task as its server told of it. */
export interface Told {
  readonly dialect: Dialect;
  /** The server's own name for it. */
  readonly id: string;
  /** In the words of the extension. */
  readonly wire: JsonObject;
}

/** Where a result is no result yet, but the name of a task. */
export function taskIn(result: JsonObject): Told | undefined {
  if (result.resultType === "task" && typeof result.taskId === "string") {
    const { _meta: _, ...wire } = result;
    return { dialect: "extension", id: result.taskId, wire };
  }
  const { task } = result;
  if (!isJsonObject(task) || typeof task.taskId !== "string") return undefined;
  return { dialect: "core", id: task.taskId, wire: { resultType: "task", ...toWire(task) } };
}

/** How a task stands, as the extension tells it: with what it came to, once it has ended. */
export async function lookAt(
  upstream: Upstream,
  { dialect, id }: Pick<Told, "dialect" | "id">,
  context: RequestContext,
): Promise<JsonObject> {
  const seen = await upstream.request("tasks/get", { taskId: id }, context);
  if (dialect === "extension") return seen;
  const { status } = seen;
  const wire = { resultType: "complete", ...toWire(seen) };
  if (status !== "completed" && status !== "failed") return wire;
  try {
    const result = await upstream.request("tasks/result", { taskId: id }, context);
    // There a tool that reports its own error has failed; here that is a result as any other.
    return { ...wire, status: "completed", result };
  } catch (error) {
    if (!isRpcError(error)) throw error;
    const { code, message, data } = error;
    return {
      ...wire,
      status: "failed",
      error: { code, message, ...(data !== undefined && { data }) },
    };
  }
}

function toWire(task: JsonObject): JsonObject {
  const { taskId, status, createdAt, lastUpdatedAt, ttl, pollInterval, statusMessage } = task;
  const kept: Record<string, JsonValue | undefined> = {
    ...{ taskId, status, createdAt, lastUpdatedAt, statusMessage },
    ttlMs: typeof ttl === "number" ? ttl : null,
    pollIntervalMs: pollInterval,
  };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}
