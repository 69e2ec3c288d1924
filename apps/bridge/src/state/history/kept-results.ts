import { hash } from "node:crypto";
import { createRedact, DEFAULT_REDACT, type RecordParts } from "@trestle/policy";
import type { JsonObject, JsonValue } from "@trestle/protocol";

export interface KeptResultSettings {
  /** Keep what results say, and not only whether two are equal. */
  readonly keep: boolean;
  /** A longer one is not kept. */
  readonly maxBytes: number;
}

export interface KeptResultParts {
  readonly settings: KeptResultSettings;
  /** Further names whose values are not kept. */
  readonly fields: readonly string[];
  /** Takes out what the configuration holds of secrets, wherever a server says it. */
  readonly hide: (value: JsonObject) => JsonObject;
}

export type KeepOf = NonNullable<RecordParts["keepOf"]>;

/** To hash more takes longer than a call may. */
const MOST_HASHED = 65_536;
/** Letters of the hash: two results that differ have the same one in 10^26. */
const HASH_LENGTH = 22;
const MAX_DEPTH = 32;

/**
 * What the history keeps of a result: of a read its hash, and what it says where that is wanted. A result
 * that came from the cache or from a stand-in says nothing of the tool.
 */
export async function createKeeper({ settings, fields, hide }: KeptResultParts): Promise<KeepOf> {
  const { keep, maxBytes } = settings;
  // Loaded where it is used: a start waits for every file.
  const toDocument = keep ? (await import("@trestle/flow")).toDocument : undefined;
  const bounds = { ...DEFAULT_REDACT, maxStringLength: maxBytes, maxDepth: MAX_DEPTH };
  const redact = createRedact({ ...bounds, fields });

  function documentOf(result: JsonObject): string | undefined {
    if (toDocument === undefined) return undefined;
    const document = withoutMeta(toDocument(result), result);
    const text = JSON.stringify(redact(hide({ document })).document ?? null);
    return Buffer.byteLength(text) <= maxBytes ? text : undefined;
  }

  return (result, { hints, trail }) => {
    if (result.resultType === "input_required") return undefined;
    const isOwn = !trail.cached && !trail.fallbackUsed;
    const isSmall = (trail.resultBytes ?? 0) <= MOST_HASHED;
    const resultHash = hints.readOnly && isOwn && isSmall ? hashOf(result) : undefined;
    const document = documentOf(result);
    if (resultHash === undefined && document === undefined) return undefined;
    return { resultHash, document };
  };
}

function hashOf({ content, structuredContent }: JsonObject): string | undefined {
  const text = JSON.stringify([content ?? null, structuredContent ?? null]);
  if (text.length > MOST_HASHED) return undefined;
  return hash("sha256", text, "base64url").slice(0, HASH_LENGTH);
}

/** Of a result without any text the document is the result itself, in which we have written, too. */
function withoutMeta(document: JsonValue, result: JsonObject): JsonValue {
  if (document !== result) return document;
  const { _meta: _ours, ...rest } = result;
  return rest;
}
