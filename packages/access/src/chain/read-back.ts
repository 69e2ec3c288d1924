import { type ChainEntry, createChainHash, readLine } from "./entry.ts";
import { listSegments, readLines } from "./segments.ts";
import type { ChainOptions } from "./verify.ts";

/** An entry, or the place of a line in its file that is not as it was written. */
export type ReadBack = ChainEntry | { readonly badLine: string };

/**
 * The entries before a number, the newest first. Goes on past lines that are not as they were written, and
 * tells of each, so that one of them hides nothing of the rest. Holds one file of the log in memory at a time.
 */
export async function* readChainBack(
  options: ChainOptions & { readonly beforeSeq?: number },
): AsyncGenerator<ReadBack> {
  const hash = createChainHash(options.key);
  const before = options.beforeSeq ?? Number.POSITIVE_INFINITY;
  for (const { file, firstSeq } of listSegments(options.folder).toReversed()) {
    if (firstSeq >= before) continue;
    const found: ReadBack[] = [];
    for await (const { text, whole, start } of readLines(file)) {
      // What a killed writer left was never acknowledged.
      if (!whole) continue;
      const entry = readLine(text, hash);
      if (!entry) found.push({ badLine: `${file}:${start}` });
      else if (entry.seq < before) found.push(entry);
    }
    yield* found.toReversed();
  }
}
