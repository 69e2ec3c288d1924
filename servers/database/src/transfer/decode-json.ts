import {
  isJsonObject,
  type JsonValue,
  messageOf,
  parseJson,
  TrestleError,
} from "@trestle/protocol";
import { type BadRow, MAX_RECORD_BYTES, type SourceRow } from "./decode.ts";

/** One object a line. */
export async function* decodeNdjson(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly (SourceRow | BadRow)[]> {
  const shapes = createShapes();
  let rest = "";
  let line = 0;
  const read = (text: string): (SourceRow | BadRow)[] => {
    line += 1;
    return text.trim() === "" ? [] : [toRow(text, line, shapes)];
  };
  for await (const text of textsOf(input)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    checkSize(rest, line + 1);
    yield lines.flatMap(read);
  }
  yield read(rest);
}

/** One array of objects, however it is laid out. */
export async function* decodeJson(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly (SourceRow | BadRow)[]> {
  const shapes = createShapes();
  const split = createArraySplitter();
  for await (const text of textsOf(input))
    yield split.push(text).map(({ text: item, line }) => toRow(item, line, shapes));
  split.end();
}

async function* textsOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of input) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TrestleError("invalid_input", "The file is not UTF-8: save it in that encoding.");
  }
}

function toRow(text: string, line: number, shapes: Shapes): SourceRow | BadRow {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (error) {
    return { line, problem: `is no JSON: ${messageOf(error)}`, row: text.slice(0, 10_000) };
  }
  if (!isJsonObject(value)) return { line, problem: "is no JSON object", row: value };
  const keys = shapes.of(Object.keys(value));
  return { line, keys, values: Object.values(value) as JsonValue[], size: text.length };
}

interface Shapes {
  of(keys: readonly string[]): readonly string[];
}

/** One list for all rows that have the same keys in the same order. */
function createShapes(): Shapes {
  const known = new Map<string, readonly string[]>();
  return {
    of(keys) {
      const name = JSON.stringify(keys);
      const shape = known.get(name);
      if (shape !== undefined) return shape;
      // A file whose every row has keys of its own must not fill the memory.
      if (known.size >= 1_000) known.clear();
      known.set(name, keys);
      return keys;
    },
  };
}

interface Item {
  readonly text: string;
  readonly line: number;
}

/** Cuts the text of an array into the texts of its items, at commas that stand in no item. */
function createArraySplitter(): { push(text: string): Item[]; end(): void } {
  let state: "before" | "inside" | "after" = "before";
  let item = "";
  let itemLine = 1;
  let line = 1;
  let depth = 0;
  let inText = false;
  let isEscaped = false;

  function push(text: string): Item[] {
    const items: Item[] = [];
    let from = 0;
    const take = (until: number): void => {
      item += text.slice(from, until);
      from = until + 1;
    };
    const finish = (): void => {
      if (item.trim() !== "") items.push({ text: item, line: itemLine });
      item = "";
    };
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at] as string;
      if (char === "\n") line += 1;
      if (inText) {
        if (isEscaped) isEscaped = false;
        else if (char === "\\") isEscaped = true;
        else if (char === '"') inText = false;
      } else if (state !== "inside") {
        if (/[\s\uFEFF]/.test(char)) continue;
        if (state === "after" || char !== "[") throw notAnArray(line);
        state = "inside";
        from = at + 1;
      } else if (char === '"') inText = true;
      else if (char === "{" || char === "[") {
        if (depth === 0) itemLine = line;
        depth += 1;
      } else if (char === "}" || (char === "]" && depth > 0)) depth -= 1;
      else if (depth === 0 && (char === "," || char === "]")) {
        take(at);
        finish();
        if (char === "]") state = "after";
      }
    }
    if (state === "inside") take(text.length);
    checkSize(item, line);
    return items;
  }

  return {
    push,
    end() {
      if (state === "after") return;
      throw new TrestleError(
        "invalid_input",
        `The JSON ends in line ${line} before its array does: the file is cut off.`,
      );
    },
  };
}

function checkSize(text: string, line: number): void {
  if (text.length <= MAX_RECORD_BYTES) return;
  throw new TrestleError(
    "invalid_input",
    `The row in line ${line} is longer than 16 MiB: check that the file has the format that was asked for.`,
  );
}

function notAnArray(line: number): TrestleError {
  return new TrestleError(
    "invalid_input",
    `Line ${line}: the JSON must be one array of objects; for one object a line pass format ndjson.`,
  );
}
