import type { JsonValue } from "@trestle/protocol";
import { decodeCsv } from "./decode-csv.ts";
import { decodeJson, decodeNdjson } from "./decode-json.ts";
import type { Format } from "./format.ts";

/** One row as its file has it. `keys` is the same list for all rows of one shape. */
export interface SourceRow {
  /** The line of the file that it starts in, counted from 1. */
  readonly line: number;
  readonly keys: readonly string[];
  readonly values: readonly JsonValue[];
  /** How many characters it takes, about. */
  readonly size: number;
}

/** What should be a row and is none. */
export interface BadRow {
  readonly line: number;
  readonly problem: string;
  /** As far as it can be shown. */
  readonly row: JsonValue;
}

export interface DecodeOptions {
  readonly format: Format;
  /** Of CSV: one character. */
  readonly delimiter?: string;
  /** Of CSV: the names of the columns, where the first line is no header. */
  readonly columns?: readonly string[];
}

/** The longest record that is taken: an unclosed quote must not gather a whole file in memory. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

export function isBad(row: SourceRow | BadRow): row is BadRow {
  return "problem" in row;
}

/**
 * Reads rows as their bytes arrive, some at a time. Throws `invalid_input` with the line where the
 * rest of the file cannot be understood; a row that alone is wrong comes as a `BadRow`.
 */
export function decode(
  input: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
): AsyncIterable<readonly (SourceRow | BadRow)[]> {
  if (options.format === "csv") return decodeCsv(input, options);
  return options.format === "json" ? decodeJson(input) : decodeNdjson(input);
}
