import type { JsonObject } from "@trestle/protocol";

export type TaskStatus = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** How a task stands. */
export interface TaskReport {
  readonly taskId: string;
  readonly status: TaskStatus;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** How long after its last change it can be asked for; left out where it stays. */
  readonly keepMs?: number | undefined;
  /** A sentence for people. */
  readonly message?: string | undefined;
  /** The result of the call, of one that completed; failures of the tool are results, too. */
  readonly result?: JsonObject | undefined;
  /** Of one that failed: a JSON-RPC error. */
  readonly error?: JsonObject | undefined;
  /** What it waits for. */
  readonly inputRequests?: JsonObject | undefined;
}

export function isTerminal(status: TaskStatus): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/** A task as the wire has it, without what only `tasks/get` tells. */
export function toWire(report: TaskReport, pollMs: number): JsonObject {
  const { taskId, status, createdAt, updatedAt, keepMs, message } = report;
  return {
    taskId,
    status,
    createdAt: new Date(createdAt).toISOString(),
    lastUpdatedAt: new Date(updatedAt).toISOString(),
    ttlMs: keepMs ?? null,
    pollIntervalMs: pollMs,
    ...(message !== undefined && { statusMessage: message }),
  };
}

/** The answer to `tasks/get`. */
export function toDetails(report: TaskReport, pollMs: number): JsonObject {
  const { result, error, inputRequests } = report;
  return {
    resultType: "complete",
    ...toWire(report, pollMs),
    ...(result !== undefined && { result }),
    ...(error !== undefined && { error }),
    ...(inputRequests !== undefined && { inputRequests }),
  };
}
