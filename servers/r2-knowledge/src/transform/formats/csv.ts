import { Readable } from "node:stream";
import { isTrestleError, TrestleError } from "@trestle/protocol";
import { type CsvError, parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { flattened, isRow, type Row, withValue } from "../paths.ts";
import type { Format } from "./format.ts";

/** The columns are those of the first rows; what a later row has more goes into one last column. */
const ROWS_SEEN = 200;
const MORE = "_more";

/**
 * A header line, then a row each. Fields of fields are columns with dots, lists and the like are JSON, an
 * empty cell is no value. Every cell read is a text: `map` steps make numbers of them.
 */
export const csv: Format = {
  async *parse(text) {
    const parser = parse({
      ...{ columns: true, bom: true, skip_empty_lines: true, max_record_size: 4_000_000 },
    });
    // A pipe does not carry failures on.
    const source = Readable.from(text).on("error", (error) => parser.destroy(error));
    source.pipe(parser);
    try {
      for await (const cells of parser) yield unflattened(cells as Record<string, string>);
    } catch (error) {
      if (isTrestleError(error)) throw error;
      const { lines, message } = error as CsvError;
      const where = lines === undefined ? "" : ` near line ${lines}`;
      throw new TrestleError("invalid_input", `The CSV cannot be read${where}: ${message}`);
    }
  },
  async *write(rows) {
    let columns: string[] | undefined;
    let first: Record<string, unknown>[] = [];
    const begin = function* (isAll: boolean) {
      columns = [...new Set(first.flatMap((row) => Object.keys(row)))];
      if (!isAll) columns.push(MORE);
      yield line(columns);
      for (const row of first) yield line(cells(row, columns));
      first = [];
    };
    for await (const row of rows) {
      const flat = flattened(row);
      if (columns) yield line(cells(flat, columns));
      else if (first.push(flat) === ROWS_SEEN) yield* begin(false);
    }
    if (!columns && first.length > 0) yield* begin(true);
  },
};

function cells(row: Record<string, unknown>, columns: readonly string[]): string[] {
  const known = new Set(columns);
  const more = Object.entries(row).filter(([name]) => !known.has(name));
  const rest = more.length === 0 ? "" : JSON.stringify(Object.fromEntries(more));
  return columns.map((name) => (name === MORE ? rest : cell(row[name])));
}

/** A spreadsheet runs what begins so; a quote before it shows it as text. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  return FORMULA.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
}

function line(values: readonly string[]): string {
  return stringify([[...values]]);
}

function unflattened(cells: Record<string, string>): Row {
  let row: Row = {};
  for (const [name, text] of Object.entries(cells)) {
    if (text === "") continue;
    if (name === MORE) {
      for (const [path, value] of Object.entries(parseMore(text)))
        row = withValue(row, path, value);
    } else row = withValue(row, name, text);
  }
  return row;
}

function parseMore(text: string): Row {
  try {
    const value: unknown = JSON.parse(text);
    return isRow(value) ? value : {};
  } catch {
    return {};
  }
}
