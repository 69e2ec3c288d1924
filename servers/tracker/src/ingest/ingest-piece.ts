import { type Clock, isTrestleError, TrestleError } from "@trestle/protocol";
import type { ExtractorKind } from "../facts/extractor.ts";
import type { SourceKind } from "../sources/kinds.ts";
import type { Committed, Cursor, Lease, TrackerStore } from "../store/tracker-store.ts";
import type { Delivery } from "../tail/delivery.ts";
import type { Piece } from "../tail/reading.ts";
import { SILENT_MS } from "../tail/tailed.ts";
import { createRecent } from "../transcripts/recent.ts";
import { type BatchBuilder, type BatchParts, createBatchBuilder } from "./batch-builder.ts";
import { commitGood } from "./commit-good.ts";
import { type FileState, openFileState } from "./file-state.ts";

export interface PieceIngestOptions extends BatchParts {
  readonly store: Pick<TrackerStore, "commit" | "cursor" | "memories">;
  readonly clock: Clock;
  readonly extractors: readonly ExtractorKind[];
  kindOf(source: string): SourceKind;
  /** Under which to store; undefined where there is one reader only. */
  lease(): Lease | undefined;
  onCommitted(committed: Committed): void;
}

/** Files whose readers are kept open; of others they begin with what they remember. */
const MOST_OPEN = 64;

interface Open {
  readonly state: FileState;
  readonly cursor: Cursor | undefined;
  readonly memory: string;
}

/** What stores a piece of a file: its records, what they show, and how far the file is read, all or nothing. */
export function createPieceIngest(
  options: PieceIngestOptions,
): (piece: Piece) => Promise<Delivery> {
  const { store, clock, extractors, kindOf } = options;
  const open = createRecent<Open>(MOST_OPEN);

  async function openFor(piece: Piece): Promise<Open> {
    const { expected: cursor, file } = piece;
    const kept = open.get(file.key);
    if (kept !== undefined && isSame(kept.cursor, cursor)) return kept;
    const key = memoryKey(file.key);
    const memory = (await store.memories([key])).get(key) ?? "";
    const begunAt = (cursor ?? piece.cursor).begunAt;
    const context = { file, kind: kindOf(file.source), begunAt, memory, now: clock.now };
    return { state: openFileState(context, extractors), cursor, memory };
  }

  /** The file was begun anew: what its end was waiting for will not come. */
  async function begin(piece: Piece, before: Open, batch: BatchBuilder): Promise<Open> {
    for (const result of before.state.reader.flush()) {
      await batch.add(result, before.state.extractorsOf);
    }
    const { file, cursor } = piece;
    const { begunAt } = cursor;
    const context = { file, kind: kindOf(file.source), begunAt, memory: "", now: clock.now };
    return { ...before, state: openFileState(context, extractors) };
  }

  async function read(piece: Piece, batch: BatchBuilder): Promise<Open> {
    const before = await openFor(piece);
    const opened = piece.isRestart ? await begin(piece, before, batch) : before;
    const { reader, extractorsOf } = opened.state;
    for (const line of piece.lines) {
      for (const result of reader.read(line)) await batch.add(result, extractorsOf);
    }
    if (piece.isQuiet) for (const result of reader.flush()) await batch.add(result, extractorsOf);
    const kind = kindOf(piece.file.source);
    // A document stands as it is; of a session nobody can say so before it was silent for long.
    if (piece.isSilent || kind === "chat") {
      const records = opened.state.quietRecords(kind === "chat" ? 0 : SILENT_MS);
      for (const record of records) await batch.add(record, extractorsOf);
    }
    for (const [reason, count] of piece.skipped) batch.skip(reason, count);
    return opened;
  }

  async function deliver(piece: Piece): Promise<Delivery> {
    const { key } = piece.file;
    const batch = createBatchBuilder(options);
    const { state, memory: before } = await read(piece, batch);
    const memory = state.memory();
    const { cursor, expected } = piece;
    const isNews = !batch.isEmpty || memory !== before || !isSame(cursor, expected);
    if (isNews) {
      const lease = options.lease();
      const committed = await commitGood(store, {
        cursor,
        ...(expected !== undefined && { expected }),
        ...(lease !== undefined && { lease }),
        memories: new Map(memory === before ? [] : [[memoryKey(key), memory]]),
        ...batch.build(),
      });
      options.onCommitted(committed);
    }
    open.set(key, { state, cursor, memory });
    return { kind: "stored", isWaiting: state.reader.isWaiting };
  }

  return async (piece) => {
    try {
      return await deliver(piece);
    } catch (error) {
      // Readers have gone on, and the store has not.
      open.delete(piece.file.key);
      if (!isTrestleError(error) || error.code !== "conflict") throw error;
      const cursor = await store.cursor(piece.file.key);
      if (!isSame(cursor, piece.expected)) return { kind: "moved", cursor };
      throw new TrestleError("unavailable", "Another tracker reads the files of this host now.");
    }
  };
}

function memoryKey(fileKey: string): string {
  return `file:${fileKey}`;
}

function isSame(one: Cursor | undefined, other: Cursor | undefined): boolean {
  return (
    one?.offset === other?.offset && one?.begunAt === other?.begunAt && one?.tail === other?.tail
  );
}
