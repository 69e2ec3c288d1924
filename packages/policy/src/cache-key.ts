import { digestOf, isJsonObject, type JsonValue, TRESTLE_META } from "@trestle/protocol";
import type { CacheKey } from "./cache-store.ts";
import type { Call } from "./call.ts";

/** What decides the answer: server, tool, its definition, the arguments, who asks, and with what rights. */
export function cacheKeyOf(call: Call): CacheKey {
  const { server, tool, definitionHash, params, context, partition } = call;
  const { id, scopes } = context.principal;
  const who = [id, scopes ? [...scopes] : null];
  const parts = [server, tool, definitionHash, params.arguments ?? {}, ...who, workOf(call)];
  if (partition !== undefined) parts.push(partition);
  return { server, tool, digest: digestOf(parts) };
}

/** Where a call may write, another idempotency key means other work. */
function workOf({ hints, params: { _meta: meta } }: Call): JsonValue {
  if (hints.readOnly || !isJsonObject(meta)) return null;
  return meta[TRESTLE_META.idempotencyKey] ?? null;
}

/** Parts of `params` that make an answer good for this one request only. */
export function isPlainRequest({ params }: Call): boolean {
  for (const name in params) if (!plainParams.has(name) && params[name] !== undefined) return false;
  return true;
}

const plainParams: ReadonlySet<string> = new Set(["name", "arguments", "_meta"]);
