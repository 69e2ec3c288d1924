import type { JsonValue } from "@trestle/protocol";
import type { stringify as stringifyCsv } from "csv-stringify/sync";
import { toQueryResult } from "../postgres/values.ts";
import type { RawColumn } from "../postgres/wire.ts";
import type { Format } from "./format.ts";

/** Rows as the server prints them, in the text of a file. */
export interface Encoder {
  head(): string;
  rows(batch: readonly (readonly (string | null)[])[]): string;
  tail(): string;
}

export interface EncodeOptions {
  readonly format: Format;
  /** Between the cells of CSV. */
  readonly delimiter?: string;
}

/**
 * CSV holds values as Postgres prints them, NULL as nothing and the empty text as `""`. JSON holds
 * them as `run_sql` returns them: numerics as texts, times as ISO 8601, bytea as base64.
 */
export async function createEncoder(
  columns: readonly RawColumn[],
  { format, delimiter = "," }: EncodeOptions,
): Promise<Encoder> {
  if (format === "csv") {
    const { stringify } = await import("csv-stringify/sync");
    return csvEncoder(columns, delimiter, stringify);
  }
  return format === "json" ? jsonEncoder(columns) : ndjsonEncoder(columns);
}

function csvEncoder(
  columns: readonly RawColumn[],
  delimiter: string,
  stringify: typeof stringifyCsv,
): Encoder {
  // Only what is there gets quotes where it is empty: that is how NULL differs from "".
  const cast = {
    string: (value: string) => (value === "" ? { value, quoted_empty: true } : value),
  };
  const write = (rows: readonly (readonly (string | null)[])[]): string =>
    stringify(rows as (string | null)[][], { delimiter, cast });
  // A lone NULL would be an empty line, which readers skip.
  const isNarrow = columns.length === 1;
  return {
    head: () => write([columns.map(({ name }) => name)]),
    rows: (batch) => (isNarrow ? batch.map((row) => write([row])).join("") : write(batch)),
    tail: () => "",
  };
}

function jsonEncoder(columns: readonly RawColumn[]): Encoder {
  let isFirst = true;
  return {
    head: () => "[",
    rows(batch) {
      const texts = toObjects(columns, batch).map((row) => JSON.stringify(row));
      if (texts.length === 0) return "";
      const start = isFirst ? "\n" : ",\n";
      isFirst = false;
      return start + texts.join(",\n");
    },
    tail: () => "\n]\n",
  };
}

function ndjsonEncoder(columns: readonly RawColumn[]): Encoder {
  return {
    head: () => "",
    rows: (batch) =>
      toObjects(columns, batch)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(""),
    tail: () => "",
  };
}

function toObjects(
  columns: readonly RawColumn[],
  batch: readonly (readonly (string | null)[])[],
): JsonValue[] {
  const page = { columns: [...columns], rows: batch.map((row) => [...row]), more: false };
  return toQueryResult(page, 0).rows;
}
