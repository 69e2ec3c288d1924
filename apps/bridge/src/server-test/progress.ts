import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { type Finding, fail, ok, skipped } from "./check.ts";
import type { Watcher } from "./exchange.ts";

/** Follows what a server reports of its progress, which it may only where it was asked, and only forward. */
export interface ProgressWatch {
  readonly watcher: Watcher;
  finding(): Finding;
}

interface Asked {
  readonly id: JsonValue;
  last: number;
  isOver: boolean;
  isCancelled: boolean;
}

export function watchProgress(): ProgressWatch {
  const asked = new Map<JsonValue, Asked>();
  let reports = 0;
  let calls = 0;
  let fault: string | undefined;

  function fromBridge({ id, method, params }: JsonObject): void {
    if (!isJsonObject(params)) return;
    if (method === "notifications/cancelled") forget(params.requestId);
    const { _meta: meta } = params;
    const token = isJsonObject(meta) ? meta.progressToken : undefined;
    if (id === undefined || token === undefined) return;
    if (method === "tools/call") calls += 1;
    asked.set(token, { id, last: Number.NEGATIVE_INFINITY, isOver: false, isCancelled: false });
  }

  /** What was under way when it was cancelled may still come. */
  function forget(requestId: JsonValue | undefined): void {
    for (const request of asked.values()) if (request.id === requestId) request.isCancelled = true;
  }

  function fromServer(message: JsonObject): void {
    const { id, method, params } = message;
    if (method === undefined) {
      for (const request of asked.values()) if (request.id === id) request.isOver = true;
    } else if (method === "notifications/progress" && isJsonObject(params)) {
      reports += 1;
      fault ??= faultOf(params);
    }
  }

  function faultOf({ progressToken, progress }: JsonObject): string | undefined {
    const request = progressToken === undefined ? undefined : asked.get(progressToken);
    const token = JSON.stringify(progressToken) ?? "none";
    if (!request) return `progress for the token ${token}, which nobody gave it`;
    if (request.isCancelled) return undefined;
    if (request.isOver) return "progress of a call that was answered already";
    if (typeof progress !== "number")
      return `progress that is no number: ${JSON.stringify(progress)}`;
    if (progress <= request.last)
      return `progress that does not rise: ${progress} after ${request.last}`;
    request.last = progress;
    return undefined;
  }

  return {
    watcher: (message, from) => (from === "bridge" ? fromBridge(message) : fromServer(message)),
    finding() {
      if (fault !== undefined) return fail(fault);
      if (calls === 0) return skipped("no call asked for it");
      return ok(reports === 0 ? "none was reported" : `${reports} reports, each further on`);
    },
  };
}
