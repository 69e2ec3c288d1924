import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { checkFormat } from "./errors.ts";
import type { LedgerLine } from "./fold.ts";

/**
 * A segment is NDJSON in gzip, one gzip member per commit: a header `{format, commit, lines}`, then so
 * many lines. A run grows by appending a member, so that nothing is compressed twice; the headers
 * tell where one commit ends, and that none is missing.
 */
const FORMAT = 1;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

interface Header {
  readonly format: number;
  readonly commit: number;
  readonly lines: number;
}

/** One commit; `lines` are JSON texts without line breaks. */
export async function encodeCommit(commit: number, lines: readonly string[]): Promise<Uint8Array> {
  const header: Header = { format: FORMAT, commit, lines: lines.length };
  return compress(`${[JSON.stringify(header), ...lines].join("\n")}\n`, { level: 1 });
}

/** The lines of the commits after `known`. Throws where the object is not whole. */
export async function decodeSegment(
  key: string,
  body: Uint8Array,
  { commit: last, known }: { readonly commit: number; readonly known: number },
): Promise<LedgerLine[]> {
  const texts = (await decompress(body)).toString("utf8").split("\n");
  const lines: LedgerLine[] = [];
  let at = 0;
  for (let commit = 1; commit <= last; commit += 1) {
    const header = JSON.parse(texts[at] || "null") as Header | null;
    checkFormat(key, header?.format, FORMAT);
    if (header?.commit !== commit) throw new Error(`commit ${commit} is missing`);
    const end = at + 1 + header.lines;
    if (!(end < texts.length)) throw new Error(`commit ${commit} is cut short`);
    if (commit > known) {
      for (const text of texts.slice(at + 1, end)) lines.push(toLine(JSON.parse(text)));
    }
    at = end;
  }
  if (at !== texts.length - 1) throw new Error("it holds more than its name says");
  return lines;
}

/** The text of a line. Throws for what is none: it would stop every reader. */
export function encodeLine(line: LedgerLine): string {
  const text = JSON.stringify(line);
  toLine(JSON.parse(text));
  return text;
}

function toLine(value: unknown): LedgerLine {
  const line = (value ?? {}) as Partial<LedgerLine>;
  const isLine =
    (line.kind === "gone" || (line.kind === "put" && line.entry !== undefined)) &&
    typeof line.id === "string" &&
    Number.isSafeInteger(line.version) &&
    Number.isFinite(line.at);
  if (!isLine) throw new TypeError(`no line: ${JSON.stringify(value)?.slice(0, 200)}`);
  return line as LedgerLine;
}
