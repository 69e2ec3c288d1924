import { createReadStream } from "node:fs";
import { messageOf, TrestleError } from "@trestle/protocol";
import type { ImportCount, TrackerStore } from "../store/tracker-store.ts";
import type { TransferOptions } from "./export-file.ts";
import { countLines } from "./progress.ts";

const NEWLINE = 10;
/** No line of an export is longer: a record is at most as long as the line that it was read from, with its facts. */
const LINE_BYTES = 64 << 20;

/**
 * Stores what a file of an export holds, beside what is there: what is there already stays as it is, so the same file
 * may be imported any number of times, also after an import that was broken off. Throws `invalid_input` where the file
 * cannot be read, is no export, was cut off or changed; it says at which line, and what stands before it is stored.
 */
export async function importFromFile(
  store: Pick<TrackerStore, "importLines">,
  path: string,
  { onProgress = () => {} }: TransferOptions = {},
): Promise<ImportCount> {
  return store.importLines(countLines(linesOf(path), onProgress));
}

/** JSON escapes no other ends of lines than these. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        yield Buffer.concat([...parts, chunk.subarray(from, at)]).toString();
        [parts, length] = [[], 0];
        from = at + 1;
      }
      if (from === chunk.length) continue;
      parts.push(Buffer.from(chunk.subarray(from)));
      length += chunk.length - from;
      if (length > LINE_BYTES) throw new Error("a line of it is too long for an export");
    }
  } catch (error) {
    throw new TrestleError("invalid_input", `${path} could not be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  if (length > 0) yield Buffer.concat(parts).toString();
}
