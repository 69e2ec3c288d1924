/**
 * The two eras of MCP: legacy opens with `initialize` and may hold a session; modern (2026-07-28) is
 * stateless, and every request carries its envelope in `_meta`.
 */

export type Era = "legacy" | "modern";

export const MODERN_VERSION = "2026-07-28";
/** Newest first, as `initialize` negotiates them. */
export const LEGACY_VERSIONS = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
  "2024-10-07",
] as const;
export const LATEST_LEGACY_VERSION: string = LEGACY_VERSIONS[0];

/** Keys of `_meta` that belong to one hop and are made anew on the next. */
export const META = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;

/** Keys of `_meta` that Trestle itself writes. */
export const TRESTLE_META = {
  /** On results through the bridge: execution id, duration, attempts, cache and fallback facts. */
  call: "trestle/call",
  /** On an `isError` result: `{ code, retryable, retryAfterMs?, details? }`. */
  error: "trestle/error",
  /** On a request: the caller's idempotency key. */
  idempotencyKey: "trestle/idempotencyKey",
  /** On a request: `{ use_cache?, cache_ttl?, timeout?, retries?, use_fallback? }`, times in seconds. */
  control: "trestle/control",
  /** On a tool's definition: how many seconds its results may be cached. */
  cacheTtl: "trestle/cacheTtl",
  /** On what a bridge lists to another: the ids of all bridges that it came through, the nearest first. */
  via: "trestle/via",
} as const;
