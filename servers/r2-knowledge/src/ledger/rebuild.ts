import { messageOf } from "@trestle/protocol";
import { LedgerError } from "./errors.ts";
import type { Fold, LedgerLine } from "./fold.ts";
import { createVersions } from "./merge.ts";
import { type PublishParts, publish } from "./publish.ts";
import { lastNumber } from "./read-manifest.ts";
import type { Reader } from "./reader.ts";
import { forEachRecord, listRecords, type Records, readLine } from "./records.ts";
import type { Cut, View } from "./view.ts";

export interface RebuildOptions {
  readonly records: Records;
  /** An empty fold of the ledger's kind, to make the new state in. */
  readonly createFold: () => Fold;
  /**
   * Records that were deleted and are there again, brought back from a backup or another place, are in
   * the index again. Somebody's deletion that is under way at this moment may need a `repair` after.
   */
  readonly trustRecords?: boolean | undefined;
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

const ROUNDS = 3;
const ATTEMPTS = 8;
/** What is compacted meanwhile is read before it is deleted. */
const KEEP_UP_MS = 60_000;

/**
 * Makes the index of the records, and puts it in the place of what is there, damaged or not. Others
 * go on writing: what they commit meanwhile is taken in, by this process as it is written, or by
 * everybody after it. A deletion that is known stays, even if its record is still there, unless told otherwise.
 */
export async function rebuildIndex(parts: RebuildParts, options: RebuildOptions): Promise<Rebuilt> {
  await parts.refresh();
  const epoch = parts.reader.found().manifest?.epoch;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const rebuilt = await tryRebuild(parts, options);
    if (rebuilt !== undefined) {
      await parts.refresh();
      return rebuilt;
    }
    if (parts.reader.found().manifest?.epoch !== epoch) {
      throw unsettled(
        "Another process rebuilt the index at the same time. There is nothing to do.",
      );
    }
  }
  throw unsettled("Others compacted the index faster than its records could be read. Try again.");
}

/** Undefined where something was missed of what others wrote meanwhile. */
async function tryRebuild(
  parts: RebuildParts,
  { records, createFold, trustRecords = false, onProgress, signal }: RebuildOptions,
): Promise<Rebuilt | undefined> {
  const { view, clock } = parts;
  const loads = view.loads();
  const fold = createFold();
  const versions = createVersions();
  const take = (lines: readonly LedgerLine[]) => {
    const news = versions.merge(lines);
    if (news.length > 0) fold.apply(news);
  };
  const stop = view.follow(take);
  try {
    if (!trustRecords) take(view.versions.gone());
    const damaged: Rebuilt["damaged"] = [];
    let count = 0;
    let upTo = clock.now();
    await forEachRecord(listRecords(parts, records), signal, async ({ key }) => {
      const line = await readLine(parts, records, key);
      if (line instanceof Error) damaged.push({ key, message: messageOf(line) });
      else if (line !== undefined) take([line]);
      count += 1;
      onProgress?.(count);
      if (clock.now() - upTo < KEEP_UP_MS) return;
      upTo = clock.now();
      await parts.refresh();
    });
    const isDone = await replaceIndex(parts, signal, () => {
      if (view.loads() !== loads) return undefined;
      return { fold: fold.snapshot(), table: versions.table(clock.now() - parts.keepGoneMs) };
    });
    return isDone ? { records: count, damaged } : undefined;
  } finally {
    stop();
  }
}

/** Puts the state into the place of whatever is there once it holds all of it; false where it cannot. */
async function replaceIndex(
  parts: RebuildParts,
  signal: AbortSignal | undefined,
  state: () => Omit<Cut, "absorbed"> | undefined,
): Promise<boolean> {
  const { view, reader } = parts;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    signal?.throwIfAborted();
    const last = await lastNumber(parts);
    await parts.refresh();
    const cut = state();
    if (cut === undefined) return false;
    const { manifest, etag } = reader.found();
    const number = Math.max(last, manifest?.number ?? 0) + 1;
    const absorbed = view.unabsorbed().map(({ key }) => key);
    const written = await publish(parts, {
      // Damaged ones too: what they held is in the records.
      cut: { ...cut, absorbed, fold: await cut.fold },
      over: etag,
      number,
      epoch: number,
      history: manifest?.history ?? [],
      replaced: manifest?.snapshot,
    });
    if (written !== undefined) return true;
  }
  return false;
}

function unsettled(message: string): LedgerError {
  return new LedgerError("unsettled", message);
}
