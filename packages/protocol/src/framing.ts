/** One JSON-RPC message per line, as stdio and our sockets carry them. */

/** The largest message taken: 64 MiB of payload and room for its envelope. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024 + 1024 * 1024;

const NEWLINE = 0x0a;

/** What came out of a chunk: whole lines, and how many lines were dropped for their size. */
export interface SplitLines {
  readonly lines: string[];
  readonly oversized: number;
}

/**
 * Splits a byte stream into lines in time linear in its length: the parts of an unfinished line are
 * kept as a list and joined once. A line over the limit is skipped to its end and counted, so that
 * one monstrous message does not end the connection.
 */
export function createLineSplitter(maxBytes: number = MAX_FRAME_BYTES): {
  push(chunk: Buffer): SplitLines;
} {
  let parts: Buffer[] = [];
  let size = 0;
  let skipping = false;

  function push(chunk: Buffer): SplitLines {
    if (size === 0 && !skipping && chunk.at(-1) === NEWLINE && chunk.length <= maxBytes)
      return { lines: decodeLines(chunk), oversized: 0 };
    const lines: string[] = [];
    let oversized = 0;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, at));
      if (skipping) oversized += 1;
      else lines.push(take());
      parts = [];
      size = 0;
      skipping = false;
      from = at + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
    return { lines: lines.filter((line) => line !== ""), oversized };
  }

  function keep(part: Buffer): void {
    size += part.length;
    if (size > maxBytes) {
      skipping = true;
      parts = [];
    } else if (!skipping && part.length > 0) parts.push(part);
  }

  function take(): string {
    const first = parts[0];
    const line = parts.length === 1 && first ? first : Buffer.concat(parts, size);
    return withoutReturn(line.toString("utf8"));
  }

  return { push };
}

/** A chunk of whole lines, as nearly every chunk is, is decoded at once. */
function decodeLines(chunk: Buffer): string[] {
  const text = chunk.toString("utf8", 0, chunk.length - 1);
  if (!text.includes("\n")) return text === "" || text === "\r" ? [] : [withoutReturn(text)];
  return text
    .split("\n")
    .map(withoutReturn)
    .filter((line) => line !== "");
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
