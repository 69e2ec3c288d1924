import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { LineReader, ReadResult, Skipped, SkipReason } from "./transcript-format.ts";

/** Longer than any line that an agent writes: pictures are below 5 MiB. */
const MAX_LINE_BYTES = 8 * 2 ** 20;

/** The line itself, for what has no id of its own. */
export interface Line {
  readonly bytes: Buffer;
  readonly offset: number;
}

/** A line that is JSON, but not as this agent writes it, makes `undefined`. */
export type Interpret = (value: JsonObject, line: Line) => ReadResult | undefined;

/** Reads lines of one JSON object each. */
export function createJsonLineReader(interpret: Interpret, memory: () => string): LineReader {
  return {
    read: (bytes, offset) => {
      const value = parseObject(bytes);
      if ("skipped" in value) return value.skipped;
      return guarded(() => interpret(value.object, { bytes, offset }));
    },
    memory,
  };
}

/** Nothing that a file holds may stop its reader: above all, nesting too deep for the stack. */
export function guarded<Result>(work: () => Result | undefined): Result | Skipped {
  try {
    return work() ?? skipped("unexpected shape");
  } catch {
    return skipped("unexpected shape");
  }
}

/** Digits beyond what a double holds do not matter here, and `JSON.parse` alone is the quickest. */
export function parseObject(bytes: Buffer): { object: JsonObject } | { skipped: Skipped } {
  if (bytes.length > MAX_LINE_BYTES) return { skipped: skipped("too long") };
  const text = bytes.toString("utf8");
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { skipped: skipped(faultOf(bytes, text)) };
  }
  return isJsonObject(value) ? { object: value } : { skipped: skipped("not an object") };
}

function faultOf(bytes: Buffer, text: string): SkipReason {
  if (text.trim() === "") return "blank";
  return bytes.includes(0) || text.includes("\uFFFD") ? "binary" : "not JSON";
}

export function skipped(reason: SkipReason): Skipped {
  return { skipped: reason };
}
