import { isJsonObject, type JsonObject, parseJson, TrestleError } from "@trestle/protocol";
import type * as z from "zod";
import { LIMITS } from "./limits.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** A record as bytes: JSON that a person can read. Throws `invalid_input` for what is too large or too deep. */
export function encodeRecord(record: object): Uint8Array {
  const { metadata } = record as { metadata?: unknown };
  if (metadata !== undefined && metadata !== null) checkMetadata(metadata);
  const bytes = encoder.encode(`${JSON.stringify(record, null, 2)}\n`);
  if (bytes.length <= LIMITS.recordBytes) return bytes;
  throw new TrestleError(
    "invalid_input",
    `The record has ${bytes.length} bytes, and may have ${LIMITS.recordBytes}: shorten the stack or the fix, and link to the rest.`,
  );
}

/**
 * The record in an object's bytes. Throws `internal` for what is none, naming the object and what is
 * wrong: the others are not touched by it.
 */
export function decodeRecord<Schema extends z.ZodObject>(
  schema: Schema,
  key: string,
  bytes: Uint8Array,
): z.output<Schema> {
  const parsed = schema.safeParse(parseObject(key, bytes));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the whole"}: ${message}`,
  );
  throw damaged(key, faults.join("; "));
}

/** Of one object, and not of the store. */
export function isDamagedRecord(error: unknown): boolean {
  const { details } = error as { details?: { reason?: unknown } };
  return details?.reason === "damaged_record";
}

function parseObject(key: string, bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = parseJson(decoder.decode(bytes));
  } catch (error) {
    throw damaged(key, error instanceof SyntaxError ? error.message : "it is no UTF-8 text", error);
  }
  if (isJsonObject(value)) return value;
  throw damaged(key, "it is no JSON object");
}

function damaged(key: string, why: string, cause?: unknown): TrestleError {
  return new TrestleError(
    "internal",
    `The object ${key} is no readable record: ${why}. Put it right in the bucket, or delete it by its id; other records are not affected.`,
    { details: { key, reason: "damaged_record" }, cause },
  );
}

function checkMetadata(metadata: unknown): void {
  const size = JSON.stringify(metadata).length;
  if (size > LIMITS.metadataBytes) {
    throw new TrestleError(
      "invalid_input",
      `metadata has ${size} characters as JSON, and may have ${LIMITS.metadataBytes}: keep what is searched for, and link to the rest.`,
    );
  }
  if (isDeeper(metadata, LIMITS.depth)) {
    throw new TrestleError(
      "invalid_input",
      `metadata is nested deeper than ${LIMITS.depth} levels: make it flatter.`,
    );
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
