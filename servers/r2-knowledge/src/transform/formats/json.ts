import { TrestleError } from "@trestle/protocol";
import { isRow, type Row } from "../paths.ts";
import type { Format } from "./format.ts";
import { linesOf } from "./lines.ts";

/** A JSON array is read whole; so it is bounded. Characters. */
const MOST_JSON = 64 * 1024 * 1024;

/** An array of objects, or one object. */
export const json: Format = {
  async *parse(text) {
    let whole = "";
    for await (const part of text) {
      whole += part;
      if (whole.length > MOST_JSON) {
        throw wrong(`it is larger than ${MOST_JSON / 1024 / 1024} MB; convert it to ndjson first`);
      }
    }
    const value = parseValue(whole, (why) => why);
    const rows = Array.isArray(value) ? value : [value];
    for (const [index, row] of rows.entries()) {
      if (!isRow(row)) throw wrong(`item ${index + 1} is no object`);
      yield row;
    }
  },
  async *write(rows) {
    let count = 0;
    for await (const row of rows) {
      yield `${count === 0 ? "[\n" : ",\n"}${JSON.stringify(row)}`;
      count += 1;
    }
    yield count === 0 ? "[]\n" : "\n]\n";
  },
};

/** An object on each line. */
export const ndjson: Format = {
  async *parse(text) {
    for await (const { line, number } of linesOf(text)) {
      if (line.trim() === "") continue;
      const value = parseValue(line, (why) => `line ${number}: ${why}`);
      if (!isRow(value)) throw wrong(`line ${number} is no object`);
      yield value;
    }
  },
  async *write(rows) {
    for await (const row of rows) yield `${JSON.stringify(row)}\n`;
  },
};

function parseValue(text: string, where: (why: string) => string): Row | unknown[] {
  try {
    return JSON.parse(text) as Row | unknown[];
  } catch (error) {
    throw wrong(where((error as Error).message));
  }
}

function wrong(why: string): TrestleError {
  return new TrestleError("invalid_input", `The JSON cannot be read: ${why}. Nothing was written.`);
}
