import type { CallControl } from "@trestle/policy";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  RPC,
  RpcError,
  TRESTLE_META,
  toPlainNumbers,
} from "@trestle/protocol";

export interface AskedControl extends CallControl {
  readonly timeoutMs?: number;
}

/** Reads the caller's wishes; throws `invalid params` naming the field that is wrong. */
export function controlOf({ _meta: meta }: JsonObject): AskedControl | undefined {
  const asked = isJsonObject(meta) ? meta[TRESTLE_META.control] : undefined;
  if (asked === undefined) return undefined;
  const { use_cache, cache_ttl, timeout, retries, use_fallback } = readControl(asked);
  return {
    ...(use_cache === undefined ? {} : { useCache: use_cache }),
    ...(cache_ttl === undefined ? {} : { cacheTtlMs: cache_ttl * 1000 }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    ...(retries === undefined ? {} : { retries }),
    ...(use_fallback === undefined ? {} : { useFallback: use_fallback }),
  };
}

interface Control {
  readonly use_cache?: boolean;
  readonly cache_ttl?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly use_fallback?: boolean;
}

/** As `callControl` says it; by hand, because a start is too short for a library of schemas. */
function readControl(asked: JsonValue): Control {
  const plain = toPlainNumbers(asked);
  if (!isJsonObject(plain)) throw refusal([], wrongType("object", plain));
  for (const [key, read] of Object.entries(FIELDS)) {
    const value = plain[key];
    const fault = value === undefined ? undefined : read(value);
    if (fault !== undefined) throw refusal([key], fault);
  }
  const strange = Object.keys(plain).filter((key) => !Object.hasOwn(FIELDS, key));
  if (strange.length > 0) {
    const names = strange.map((key) => `"${key}"`).join(", ");
    throw refusal([], `Unrecognized key${strange.length > 1 ? "s" : ""}: ${names}`);
  }
  return plain as Control;
}

type Read = (value: JsonValue) => string | undefined;

const aBoolean: Read = (value) =>
  typeof value === "boolean" ? undefined : wrongType("boolean", value);

const positive: Read = (value) => {
  if (!Number.isFinite(value)) return wrongType("number", value);
  return Number(value) > 0 ? undefined : "Too small: expected number to be >0";
};

const count: Read = (value) => {
  if (!Number.isFinite(value)) return wrongType("number", value);
  if (!Number.isInteger(value)) return "Invalid input: expected int, received number";
  if (Number(value) < 0) return "Too small: expected number to be >=0";
  return Number.isSafeInteger(value)
    ? undefined
    : `Too big: expected int to be <=${Number.MAX_SAFE_INTEGER}`;
};

const FIELDS: Readonly<Record<keyof Control, Read>> = {
  use_cache: aBoolean,
  cache_ttl: positive,
  timeout: positive,
  retries: count,
  use_fallback: aBoolean,
};

function wrongType(expected: string, value: JsonValue): string {
  return `Invalid input: expected ${expected}, received ${nameOf(value)}`;
}

function nameOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  // A number too large for a double.
  return typeof value === "number" && !Number.isFinite(value) ? "Infinity" : typeof value;
}

function refusal(path: readonly string[], message: string): RpcError {
  const place = [`_meta["${TRESTLE_META.control}"]`, ...path].join(".");
  return new RpcError(RPC.invalidParams, `${place}: ${message}`);
}
