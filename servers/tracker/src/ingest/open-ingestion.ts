import { type Clock, messageOf } from "@trestle/protocol";
import type { ExtractorKind } from "../facts/extractor.ts";
import { clearSpool } from "../hook/clear-spool.ts";
import type { TrackedRecord } from "../model/record.ts";
import { createLookout, type Lookout } from "../sources/lookout.ts";
import type { Source } from "../sources/source.ts";
import type { Committed, TrackerStore } from "../store/tracker-store.ts";
import { createProblems, type Problem, problemOf } from "../tail/problems.ts";
import { createTailer, type Tailer } from "../tail/tailer.ts";
import { createPieceIngest } from "./ingest-piece.ts";
import { createLeaseKeeper } from "./lease-keeper.ts";
import { createSessionProjects } from "./session-projects.ts";

/** What reading needs of a store. */
export type ReadingStore = Pick<
  TrackerStore,
  | "commit"
  | "cursor"
  | "cursors"
  | "forgetCursors"
  | "memories"
  | "takeLease"
  | "releaseLease"
  | "session"
>;

export interface IngestionOptions {
  readonly store: ReadingStore;
  readonly clock: Clock;
  /** Name of this machine, unique among those that share the store. */
  readonly host: string;
  /** Unique for this run of this process. */
  readonly holder: string;
  sources(): Promise<readonly Source[]>;
  readonly extractors: readonly ExtractorKind[];
  redact(record: TrackedRecord): TrackedRecord;
  /** `poll` where folders cannot be watched; default `auto`. */
  readonly watch?: "auto" | "poll";
  /** So long after a reader died another one reads; default 15 s. */
  readonly leaseMs?: number;
  /** The right to read, of which one has it at a time; by default to read what this host follows. */
  readonly lease?: string;
  /** Called whenever this one begins to read: others may have read until then. */
  prepare?(): Promise<void>;
  /** Called from time to time while this one reads, and at its end: keeps what `prepare` will need. */
  save?(): Promise<void>;
  onCommitted?(committed: Committed): void;
}

/** Reads all sources into the store, each line once, however many trackers of this host do so. */
export interface Ingestion {
  /** Reads from now on, or waits until who does so ends. */
  start(): Promise<void>;
  /**
   * Looks for what is new and reads it; resolves when it is stored. False where not all of it is: another tracker
   * reads, or the store fails.
   */
  catchUp(): Promise<boolean>;
  status(): IngestionStatus;
  /** Stores what was begun, and lets others read. */
  close(): Promise<void>;
}

export interface IngestionStatus {
  /** False where another tracker on this host reads into the same store. */
  readonly isReading: boolean;
  readonly files: number;
  /** Files with something to read. */
  readonly backlog: number;
  /** Of all files together, and how many of them are stored. */
  readonly bytes: { readonly all: number; readonly stored: number };
  /** What keeps something from being read or stored, the last first. */
  readonly problems: readonly Problem[];
}

const LEASE_MS = 15_000;
const UPKEEP_MS = 300_000;
/** What a problem of the upkeep is about. */
const UPKEEP = "What is kept beside the records";

interface Reading {
  readonly tailer: Tailer;
  readonly lookout: Lookout;
}

export function openIngestion(options: IngestionOptions): Ingestion {
  const { store, clock, host, holder, extractors, redact, watch = "auto" } = options;
  const problems = createProblems(clock);
  const projectOf = createSessionProjects(store);
  let known: readonly Source[] = [];
  let reading: Reading | undefined;
  let isLive = false;
  let cancelUpkeep = () => {};

  const keeper = createLeaseKeeper({
    store,
    clock,
    name: options.lease ?? `read:${host}`,
    holder,
    ttlMs: options.leaseMs ?? LEASE_MS,
    async onGained() {
      reading = await begin();
      cancelUpkeep = clock.after(UPKEEP_MS, keepUp);
      if (isLive) reading.lookout.start();
    },
    async onLost() {
      cancelUpkeep();
      await reading?.lookout.close();
      await reading?.tailer.close();
      reading = undefined;
      await saveAll();
    },
    onFailure: (error) => problems.report("store-unavailable", "What is read", messageOf(error)),
  });

  async function begin(): Promise<Reading> {
    await options.prepare?.();
    const deliver = createPieceIngest({
      store,
      clock,
      extractors,
      redact,
      projectOf,
      kindOf: (source) => known.find(({ name }) => name === source)?.kind ?? "log",
      lease: () => keeper.lease,
      onCommitted: options.onCommitted ?? (() => {}),
    });
    const tailer = createTailer({ host, clock, problems, deliver });
    tailer.know(await store.cursors());
    const lookout = createLookout({ host, clock, problems, tailer, sources, watch });
    problems.clear("store-unavailable", "What is read");
    return { tailer, lookout };
  }

  /** What hooks told is stored: their files are of no use any more. */
  async function clearHooks(): Promise<void> {
    const names = new Set(known.filter(({ kind }) => kind === "hook").map(({ name }) => name));
    const files = [...(reading?.tailer.files() ?? [])].flatMap(({ file, cursor }) =>
      names.has(file.source) && cursor !== undefined ? [{ file, offset: cursor.offset }] : [],
    );
    await store.forgetCursors(clearSpool(files, { host, now: clock.now() }));
  }

  async function saveAll(): Promise<void> {
    try {
      await options.save?.();
      problems.clear("store-unavailable", UPKEEP);
    } catch (error) {
      problems.report("store-unavailable", UPKEEP, messageOf(error));
    }
  }

  function keepUp(): void {
    cancelUpkeep = clock.after(UPKEEP_MS, keepUp);
    void saveAll();
    clearHooks().catch((error) =>
      problems.report(problemOf(error), "What hooks told", messageOf(error)),
    );
  }

  async function sources(): Promise<readonly Source[]> {
    known = await options.sources();
    return known;
  }

  return {
    async start() {
      isLive = true;
      if (reading === undefined) await keeper.ask();
      else reading.lookout.start();
    },
    async catchUp() {
      if (reading === undefined) await keeper.ask();
      const begun = reading;
      if (begun === undefined) return false;
      await begun.lookout.look();
      await begun.tailer.settled();
      return reading === begun && begun.tailer.backlog === 0;
    },
    status: () => ({
      isReading: reading !== undefined,
      files: reading === undefined ? 0 : [...reading.tailer.files()].length,
      backlog: reading?.tailer.backlog ?? 0,
      bytes: bytesOf(reading?.tailer.files() ?? []),
      problems: problems.list(),
    }),
    close: keeper.close,
  };
}

function bytesOf(files: ReturnType<Tailer["files"]>): IngestionStatus["bytes"] {
  let [all, stored] = [0, 0];
  for (const { file, cursor } of files) {
    all += file.size;
    stored += Math.min(file.size, cursor?.offset ?? 0);
  }
  return { all, stored };
}
