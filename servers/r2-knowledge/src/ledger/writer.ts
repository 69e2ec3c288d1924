import type { Clock } from "@trestle/protocol";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { Ids } from "../records/ids.ts";
import { LedgerError } from "./errors.ts";
import type { LedgerLine } from "./fold.ts";
import { type LedgerKeys, MAX_COMMITS } from "./keys.ts";
import type { Patience } from "./patience.ts";
import { putOnce } from "./put-once.ts";
import { encodeCommit, encodeLine } from "./segment.ts";

export interface WriterParts {
  readonly store: ObjectStore;
  readonly keys: LedgerKeys;
  readonly writer: string;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Told of each commit once it is durable, before its callers are. */
  readonly onCommitted: (commit: Committed) => void;
}

export interface Committed {
  readonly run: string;
  readonly commit: number;
  readonly lines: readonly LedgerLine[];
}

export interface Writer {
  /** @see Ledger.append */
  append(lines: readonly LedgerLine[]): Promise<void>;
  /** Waits for what was appended, and refuses what comes later. */
  close(): Promise<void>;
}

interface Waiting {
  readonly lines: readonly LedgerLine[];
  readonly texts: readonly string[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Run {
  readonly name: string;
  readonly startedAt: number;
  /** The commits as they are in the segment. */
  readonly members: Uint8Array[];
  bytes: number;
}

/** Of one segment, before it is compressed. Larger ones would keep readers waiting. */
const MAX_COMMIT_BYTES = 8 * 1024 * 1024;
/** Of all that waits. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** A run is written again with each commit, so that it must not grow for long. */
const MAX_RUN_BYTES = 96 * 1024;
const MAX_RUN_MS = 60_000;
/** A reader that listed a segment shortly before it was replaced still finds it. */
const LINGER_MS = 30_000;

/**
 * Group commit: one segment is on its way at a time, and all that is appended meanwhile shares the
 * next one. Commits of a writer that follow each other closely are one run, whose next segment holds
 * the ones before, so that few objects are there to be read however many commits there were.
 */
export function createWriter(parts: WriterParts): Writer {
  const { store, keys, writer, ids, clock, patience, onCommitted } = parts;
  const queue: Waiting[] = [];
  const replaced: { readonly key: string; readonly at: number }[] = [];
  let waitingBytes = 0;
  let run: Run | undefined;
  let pumping: Promise<void> | undefined;
  let closed = false;

  /** The longest beginning of the queue that fits one commit, at least one append. */
  function takeBatch(): Waiting[] {
    let bytes = 0;
    const end = queue.findIndex((each, index) => {
      bytes += each.bytes;
      return index > 0 && bytes > MAX_COMMIT_BYTES;
    });
    return queue.splice(0, end < 0 ? queue.length : end);
  }

  function currentRun(): Run {
    const now = clock.now();
    const isOpen =
      run !== undefined &&
      run.bytes < MAX_RUN_BYTES &&
      run.members.length < MAX_COMMITS &&
      Math.abs(now - run.startedAt) < MAX_RUN_MS;
    if (run === undefined || !isOpen) {
      run = { name: `${ids.next()}-${writer}`, startedAt: now, members: [], bytes: 0 };
    }
    return run;
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const current = currentRun();
    const number = current.members.length + 1;
    const member = await encodeCommit(
      number,
      batch.flatMap(({ texts }) => texts),
    );
    const placement = {
      key: keys.segment(current.name, number),
      body: Buffer.concat([...current.members, member]),
      contentType: "application/gzip",
    };
    if ((await putOnce(store, placement, patience)) === undefined) {
      throw new LedgerError(
        "unsettled",
        `${placement.key} is somebody else's: two writers have the same name and the same random numbers.`,
      );
    }
    if (number > 1) {
      replaced.push({ key: keys.segment(current.name, number - 1), at: clock.now() });
    }
    current.members.push(member);
    current.bytes += member.length;
    onCommitted({ run: current.name, commit: number, lines: batch.flatMap(({ lines }) => lines) });
  }

  /** Deletes are free; one that fails is made up for by the compactor. */
  function sweep(): void {
    const now = clock.now();
    const due = replaced.findIndex(({ at }) => Math.abs(now - at) < LINGER_MS);
    const old = replaced.splice(0, due < 0 ? replaced.length : due).map(({ key }) => key);
    if (old.length > 0) store.delete(old).catch(() => {});
  }

  async function pump(): Promise<void> {
    while (queue.length > 0) {
      const batch = takeBatch();
      try {
        await commit(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // If this segment arrives late after all, then beside the next ones and not instead of them.
        run = undefined;
        for (const { reject } of batch) reject(error);
      }
      for (const { bytes } of batch) waitingBytes -= bytes;
      sweep();
    }
    pumping = undefined;
  }

  return {
    async append(lines) {
      if (closed) throw new LedgerError("closed", "The ledger was closed; nothing was written.");
      if (lines.length === 0) return;
      const texts = lines.map(encodeLine);
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
      checkSize(bytes, waitingBytes);
      waitingBytes += bytes;
      await new Promise<void>((resolve, reject) => {
        queue.push({ lines, texts, bytes, resolve, reject });
        pumping ??= pump();
      });
    },
    async close() {
      closed = true;
      await pumping;
    },
  };
}

function checkSize(bytes: number, waiting: number): void {
  if (bytes > MAX_COMMIT_BYTES) {
    throw new LedgerError(
      "too_large",
      `${bytes} bytes of lines at once are more than the ${MAX_COMMIT_BYTES} of a segment: append them in parts.`,
    );
  }
  if (waiting + bytes > MAX_WAITING_BYTES) {
    throw new LedgerError(
      "busy",
      `${waiting} bytes of lines wait to be written: wait for them before giving more.`,
    );
  }
}
