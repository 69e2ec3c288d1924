import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { Exchange, Fault, Watcher } from "./exchange.ts";

/** Sees every message between a bridge and its server, and says what becomes of the answers. */
export interface Meddler {
  arm(fault: Fault): void;
  changeTools(): void;
  /** Shows every message that passes. Returns the function that ends it. */
  watch(watcher: Watcher): () => void;
  /** A message to the server: what goes wrong with it. */
  asked(message: JsonValue): Fault | undefined;
  /** A message from the server: as it goes on, or undefined where it goes on as it came. */
  answered(message: JsonValue): JsonObject | undefined;
}

export const CHANGED = " (changed by trestle test)";

/** `keep` is told of every request that was answered, as the server answered it. */
export function createMeddler(keep: (exchange: Exchange) => void, now: () => number): Meddler {
  const waiting = new Map<JsonValue, { method: string; params: JsonValue; at: number }>();
  let armed: Fault | undefined;
  const watchers = new Set<Watcher>();
  let isChanged = false;

  function show(message: JsonValue, from: "bridge" | "server"): void {
    if (isJsonObject(message)) for (const watcher of [...watchers]) watcher(message, from);
  }

  return {
    arm(fault) {
      armed = fault;
    },
    changeTools() {
      isChanged = true;
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    asked(message) {
      show(message, "bridge");
      if (!isJsonObject(message) || typeof message.method !== "string") return undefined;
      const { id, method, params } = message;
      if (id === undefined) return undefined;
      waiting.set(id, { method, params: params ?? {}, at: now() });
      if (method !== "tools/call" || armed === undefined) return undefined;
      const fault = armed;
      armed = undefined;
      return fault;
    },
    answered(message) {
      show(message, "server");
      if (!isJsonObject(message) || message.id === undefined || "method" in message)
        return undefined;
      const request = waiting.get(message.id);
      if (!request) return undefined;
      waiting.delete(message.id);
      const { result, error } = message;
      const { method, params, at } = request;
      keep({
        method,
        ...(isJsonObject(params) ? { params } : {}),
        ...(error === undefined ? { result: result ?? null } : { error }),
        ms: now() - at,
      });
      return isChanged && method === "tools/list" ? withOtherTool(message) : undefined;
    },
  };
}

function withOtherTool(message: JsonObject): JsonObject | undefined {
  const { result } = message;
  const tools = isJsonObject(result) ? result.tools : undefined;
  const [first, ...rest] = Array.isArray(tools) ? tools : [];
  if (!isJsonObject(first) || !isJsonObject(result)) return undefined;
  const description = `${typeof first.description === "string" ? first.description : ""}${CHANGED}`;
  return { ...message, result: { ...result, tools: [{ ...first, description }, ...rest] } };
}
