import { type ChainEntry, createChainHash, readLine } from "./entry.ts";
import { listSegments, readLines, type Segment } from "./segments.ts";
import type { ChainOptions } from "./verify.ts";

/** Where a reader stopped: in which file, and behind which byte. */
export interface ChainPlace {
  readonly file: string;
  readonly end: number;
}

/** An entry with its line as it stands in the file, which is what its hash is of. */
export interface ChainLine {
  readonly entry: ChainEntry;
  readonly line: string;
  readonly place: ChainPlace;
}

/**
 * The entries behind a place, or from the beginning; the oldest first, up to the first that is not as it was
 * written. Reads nothing of what lies before the place.
 */
export async function* tailChain(
  options: ChainOptions,
  after?: ChainPlace,
): AsyncGenerator<ChainLine> {
  const hash = createChainHash(options.key);
  for (const { file, from } of rest(listSegments(options.folder), after)) {
    for await (const { text, end, whole } of readLines(file, from)) {
      const entry = whole ? readLine(text, hash) : undefined;
      if (!entry) return;
      yield { entry, line: text, place: { file, end } };
    }
  }
}

/** The files to be read, and from which byte each. */
function rest(segments: readonly Segment[], after: ChainPlace | undefined) {
  const at = segments.findIndex(({ file }) => file === after?.file);
  const files = at === -1 ? segments : segments.slice(at);
  return files.map(({ file }) => ({ file, from: file === after?.file ? after.end : 0 }));
}
