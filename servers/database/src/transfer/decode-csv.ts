import { Readable } from "node:stream";
import { type JsonValue, messageOf, TrestleError } from "@trestle/protocol";
import type { CsvError, Parser } from "csv-parse";
import { type BadRow, type DecodeOptions, MAX_RECORD_BYTES, type SourceRow } from "./decode.ts";

interface Parsed {
  readonly record: JsonValue[];
  readonly info: { readonly lines: number };
}

/** An empty cell is NULL, `""` the empty text. */
export async function* decodeCsv(
  input: AsyncIterable<Uint8Array>,
  { delimiter = ",", columns }: DecodeOptions,
): AsyncGenerator<readonly (SourceRow | BadRow)[]> {
  const { parse } = await import("csv-parse");
  const skipped: BadRow[] = [];
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_RECORD_BYTES,
    cast: (value, { quoting }) => (value === "" && !quoting ? null : value),
    on_skip(error, raw) {
      skipped.push(toBadRow(error, raw));
      return undefined;
    },
  });
  Readable.from(input)
    .on("error", (error) => parser.destroy(error))
    .pipe(parser);
  let keys = columns;
  let lastLine = 0;
  for await (const batch of batchesOf(parser)) {
    const rows: (SourceRow | BadRow)[] = skipped.splice(0);
    for (const { record, info } of batch) {
      // The parser tells where a record ends.
      const line = lastLine + 1;
      lastLine = info.lines;
      if (keys === undefined) keys = headerOf(record);
      else rows.push(toRow(record, keys, line));
    }
    yield rows;
  }
  if (skipped.length > 0) yield skipped;
}

/** Everything that is parsed already, at once: a promise for each record would cost more than the record. */
async function* batchesOf(parser: Parser): AsyncGenerator<Parsed[]> {
  let wake = () => {};
  let failure: unknown;
  let ended = false;
  parser.on("readable", () => wake());
  parser.on("end", () => {
    ended = true;
    wake();
  });
  parser.on("error", (error) => {
    failure = error;
    ended = true;
    wake();
  });
  for (;;) {
    const batch: Parsed[] = [];
    for (let next = parser.read(); next !== null; next = parser.read()) batch.push(next);
    if (batch.length > 0) yield batch;
    if (failure !== undefined) throw toFailure(failure);
    if (ended) return;
    if (batch.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

function headerOf(record: readonly JsonValue[]): string[] {
  const names = record.map((name) => String(name ?? "").trim());
  const empty = names.indexOf("");
  if (empty >= 0)
    throw new TrestleError(
      "invalid_input",
      `Column ${empty + 1} of the header has no name: the first line must name the columns, or pass columns.`,
    );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new TrestleError(
    "invalid_input",
    `The header names "${twice}" twice: name each column once.`,
  );
}

function toRow(record: JsonValue[], keys: readonly string[], line: number): SourceRow | BadRow {
  if (record.length === keys.length) return { line, keys, values: record, size: sizeOf(record) };
  const problem = `has ${record.length} cells where the header has ${keys.length}`;
  return { line, problem, row: record };
}

function sizeOf(record: readonly JsonValue[]): number {
  return record.reduce(
    (sum: number, cell) => sum + (typeof cell === "string" ? cell.length : 4),
    0,
  );
}

function toBadRow(error: CsvError | undefined, raw: string | undefined): BadRow {
  const line = Number(error?.lines ?? 0);
  return { line, problem: messageOf(error ?? "cannot be read"), row: raw ?? null };
}

function toFailure(error: unknown): unknown {
  const { code = "" } = error as { code?: string };
  if (!code.startsWith("CSV_")) return error;
  return new TrestleError("invalid_input", `The CSV cannot be read: ${messageOf(error)}`);
}
