import { messageOf } from "@trestle/protocol";
import { LedgerError } from "./errors.ts";
import type { Fold, LedgerLine } from "./fold.ts";
import { createVersions } from "./merge.ts";
import { type PublishParts, publish } from "./publish.ts";
import { lastNumber } from "./read-manifest.ts";
import type { Reader } from "./reader.ts";
import { forEachRecord, listRecords, type Records, readLine } from "./records.ts";
import type { View } from "./view.ts";

export interface RebuildOptions {
  readonly records: Records;
  /** An empty fold of the ledger's kind, to make the new state in. */
  readonly createFold: () => Fold;
  readonly onProgress?: ((records: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RebuildParts extends PublishParts {
  readonly view: View;
  readonly reader: Reader;
  readonly keepGoneMs: number;
  readonly refresh: () => Promise<void>;
}

export interface Rebuilt {
  /** That the new index was made of. */
  readonly records: number;
  /** Records that could not be read, and are in no index now. */
  readonly damaged: { readonly key: string; readonly message: string }[];
}

const ATTEMPTS = 8;

/**
 * Makes the index of the records, and puts it in the place of what is there, damaged or not. Others
 * go on writing: what they commit meanwhile is taken in, by this process as it is written, or by
 * everybody after it. A deletion that is known stays, even if its record is still there.
 */
export async function rebuildIndex(
  parts: RebuildParts,
  { records, createFold, onProgress, signal }: RebuildOptions,
): Promise<Rebuilt> {
  const { view, reader } = parts;
  await parts.refresh();
  const loads = view.loads();
  const fold = createFold();
  const versions = createVersions();
  const take = (lines: readonly LedgerLine[]) => {
    const news = versions.merge(lines);
    if (news.length > 0) fold.apply(news);
  };
  const stop = view.follow(take);
  try {
    take(view.versions.gone());
    const damaged: Rebuilt["damaged"] = [];
    let count = 0;
    await forEachRecord(listRecords(parts, records), signal, async ({ key }) => {
      const line = await readLine(parts, records, key);
      if (line instanceof Error) damaged.push({ key, message: messageOf(line) });
      else if (line !== undefined) take([line]);
      count += 1;
      onProgress?.(count);
    });
    await replace();
    await parts.refresh();
    return { records: count, damaged };
  } finally {
    stop();
  }

  async function replace(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      signal?.throwIfAborted();
      const last = await lastNumber(parts);
      await parts.refresh();
      if (view.loads() !== loads) {
        throw new LedgerError(
          "unsettled",
          "Another process replaced the index while this one rebuilt it. Start again if it is still needed.",
        );
      }
      const { manifest, etag } = reader.found();
      const number = Math.max(last, manifest?.number ?? 0) + 1;
      const written = await publish(parts, {
        cut: {
          fold: fold.snapshot(),
          table: versions.table(parts.clock.now() - parts.keepGoneMs),
          // Damaged ones too: what they held is in the records.
          absorbed: view.unabsorbed().map(({ key }) => key),
        },
        over: etag,
        number,
        epoch: number,
        history: manifest?.history ?? [],
        replaced: manifest?.snapshot,
      });
      if (written !== undefined) return;
    }
    throw new LedgerError("unsettled", "Others compacted each time the index was to be replaced.");
  }
}
