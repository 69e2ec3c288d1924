import type { Clock } from "@trestle/protocol";
import type { ObjectStore } from "../object-store/object-store.ts";
import { createIds } from "../records/ids.ts";
import { type CheckOptions, compareWithRecords, type Finding } from "./check.ts";
import { type Compaction, compact } from "./compactor.ts";
import type { Fold, LedgerLine } from "./fold.ts";
import { checkWriter, createKeys } from "./keys.ts";
import type { Known } from "./merge.ts";
import { createReader } from "./reader.ts";
import { type RebuildOptions, type Rebuilt, rebuildIndex } from "./rebuild.ts";
import { type Repaired, type RepairOptions, repairIndex } from "./repair.ts";
import { createSingleFlight } from "./single-flight.ts";
import { createTurns } from "./turns.ts";
import { verifyObjects } from "./verify.ts";
import { createView, type Problem } from "./view.ts";
import { createWriter } from "./writer.ts";

export interface LedgerOptions {
  readonly store: ObjectStore;
  /** Where the index lies, with its last slash: `mcp/indexes/diagnoses/`. */
  readonly prefix: string;
  /** Kept up to date; nobody else may change it. */
  readonly fold: Fold;
  /** Who writes, for people who look at the keys: letters, digits, hyphens, underscores. */
  readonly writer: string;
  readonly clock: Clock;
  /** At least 0, below 1; never the same row in two processes. */
  readonly random: () => number;
  /** How old an answer may be, in milliseconds, where `refresh` is not told. */
  readonly maxAgeMs?: number | undefined;
  /** How long a store that is busy or not reached is asked again, in milliseconds. */
  readonly deadlineMs?: number | undefined;
  /** How long one request may take, in milliseconds. */
  readonly attemptMs?: number | undefined;
  /** The least distance of two compactions, whoever does them, in milliseconds. */
  readonly compactEveryMs?: number | undefined;
  /** So many segments that are in no snapshot are worth a compaction. */
  readonly compactAfter?: number | undefined;
  /** How long what was absorbed or replaced stays for slow readers, in milliseconds. */
  readonly graceMs?: number | undefined;
  /** How long a deletion is remembered, in milliseconds. */
  readonly keepGoneMs?: number | undefined;
  /** False: nothing is compacted unless `compact` is called. */
  readonly autoCompact?: boolean | undefined;
  /** After each compaction of this process: writes what people read of the state. */
  readonly summarise?: (() => Promise<void>) | undefined;
  /** Told of failures of what runs in the background. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface LedgerStatus {
  readonly records: number;
  /** Deletions that are remembered. */
  readonly gone: number;
  /** Segments that no snapshot holds. */
  readonly unabsorbed: number;
  /** Of the manifest that counts; 0 before the first. */
  readonly number: number;
  /** False where what could not be read may be missing from every answer. */
  readonly isComplete: boolean;
  readonly problems: readonly Problem[];
}

export interface Ledger {
  /**
   * Resolves when the lines are durable, and then they are in the fold, too. Lines of one call are
   * seen together or not at all. Write the record first, and its line after it.
   * @throws LedgerError `busy`, `too_large`, `closed`; ObjectStoreError otherwise, of which only
   * `outcome_unknown` leaves open whether the lines were written. Doing it again is always safe.
   */
  append(lines: readonly LedgerLine[]): Promise<void>;
  /**
   * Brings the fold up to all that was durable `maxAgeMs` ago (0: when this is called). Where it
   * rejects, the fold is as it was.
   * @throws LedgerError `newer_format`, `unsettled`; ObjectStoreError.
   */
  refresh(options?: { readonly maxAgeMs?: number | undefined }): Promise<void>;
  /** What is known of an id, as of the last refresh. */
  get(id: string): Known | undefined;
  status(): LedgerStatus;
  compact(): Promise<Compaction>;
  /** What does not fit together; changes nothing. */
  check(options: CheckOptions): Promise<Checked>;
  /** Mends what a crash left: writes missing lines, ends what was half deleted. */
  repair(options: RepairOptions): Promise<Repaired>;
  /** Makes the index anew of the records, while others write. */
  rebuild(options: RebuildOptions): Promise<Rebuilt>;
  /** Waits for what was appended. */
  close(): Promise<void>;
}

export interface Checked {
  /** That were looked at. */
  readonly records: number;
  readonly findings: readonly Finding[];
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MAX_AGE_MS = 1_000;
const DEADLINE_MS = 30_000;
const ATTEMPT_MS = 15_000;
const GRACE_MS = 15 * MINUTE;
const KEEP_GONE_MS = 90 * DAY;
const COMPACT_AFTER = 8;

/** An index over records of a bucket, which any number of processes write and read at once. */
export function openLedger(options: LedgerOptions): Ledger {
  const { store, clock, random, maxAgeMs = MAX_AGE_MS } = options;
  const keys = createKeys(options.prefix);
  const ids = createIds({ clock, random });
  const patience = {
    clock,
    random,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    attemptMs: options.attemptMs ?? ATTEMPT_MS,
  };
  const view = createView(options.fold, keys);
  const reader = createReader({ store, keys, view, patience });
  const reading = createSingleFlight(clock, () => reader.read());
  const refresh = () => reading.run(0);
  const parts = {
    ...{ store, keys, view, reader, ids, clock, patience, refresh },
    everyMs: options.compactEveryMs ?? MINUTE,
    graceMs: options.graceMs ?? GRACE_MS,
    keepGoneMs: options.keepGoneMs ?? KEEP_GONE_MS,
    summarise: options.summarise ?? (async () => {}),
  };
  const writer = createWriter({
    ...{ store, keys, ids, clock, patience },
    writer: checkWriter(options.writer),
    onCommitted: (commit) => reader.takeOwn(commit),
  });
  const turns = createTurns({
    clock,
    random,
    everyMs: parts.everyMs,
    isWanted: async () => {
      await refresh();
      return view.unabsorbed().length >= (options.compactAfter ?? COMPACT_AFTER);
    },
    work: () => compact(parts),
    onError: options.onError ?? (() => {}),
  });
  const isAutomatic = options.autoCompact ?? true;

  return {
    async append(lines) {
      await writer.append(lines);
      if (isAutomatic) turns.consider();
    },
    async refresh(asked) {
      await reading.run(asked?.maxAgeMs ?? maxAgeMs);
      if (isAutomatic) turns.consider();
    },
    get: (id) => view.versions.get(id),
    status() {
      const { live, gone } = view.versions.counts();
      return {
        records: live,
        gone,
        unabsorbed: view.unabsorbed().length,
        number: reader.found().manifest?.number ?? 0,
        isComplete: reader.isComplete(),
        problems: reader.problems(),
      };
    },
    compact: () => compact(parts),
    async check(asked) {
      const { differences, records } = await compareWithRecords(parts, asked);
      const found = [...reader.problems(), ...(await verifyObjects(parts, view, reader))];
      const problems = new Map(found.map((problem) => [problem.key, problem]));
      return {
        records,
        findings: [...problems.values(), ...differences.map(({ finding }) => finding)],
      };
    },
    repair: (asked) => repairIndex({ ...parts, append: writer.append }, asked),
    rebuild: (asked) => rebuildIndex(parts, asked),
    async close() {
      await writer.close();
      await turns.close();
    },
  };
}
