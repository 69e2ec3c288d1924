import { type Clock, isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { Sqlite, SqlStatement, SqlValue } from "@trestle/store";

export interface BufferParts {
  readonly database: Sqlite;
  readonly clock: Clock;
  readonly log: Logger;
  /** How a group is written: all of it, or nothing. */
  readonly toStatements: (rows: readonly PackedRow[]) => SqlStatement[];
}

/**
 * A finished execution as it will be stored. It waits for its turn in this form: many small objects that
 * wait are moved by the collector of every generation, and one list is not.
 */
export type PackedRow = readonly SqlValue[];

/** Rows on their way to the disk. */
export interface HistoryBuffer {
  add(row: PackedRow): void;
  /** Counts a row that can never be stored. */
  lose(error: unknown): void;
  /** Resolves once everything added before was tried. */
  flush(): Promise<void>;
  /** Rows that were lost. */
  dropped(): number;
  /** Stores the rest; what cannot be stored now is lost. */
  close(): Promise<void>;
}

/** Half of what a row may be late, so that the commit itself fits in as well. */
const DELAY_MS = 25;
/** As many go at once, so that a burst does not wait in memory. */
const BURST = 1_000;
/** While the disk takes nothing, as many wait in memory; the oldest of more are lost. */
const MOST_WAITING = 10_000;
const RETRY_MS = 1_000;

/** Gathers finished rows and writes them in groups. A full disk delays them; it never delays a call. */
export function createHistoryBuffer(parts: BufferParts): HistoryBuffer {
  const { database, clock, log, toStatements } = parts;
  let waiting: PackedRow[] = [];
  let cancelTimer: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let due = false;
  let blocked = false;
  let closed = false;
  let lost = 0;

  function plan(ms: number): void {
    cancelTimer ??= clock.after(ms, () => {
      cancelTimer = undefined;
      due = true;
      void write();
    });
  }

  /** One group at a time: what comes meanwhile goes with the next. */
  function write(): Promise<void> {
    writing ??= writeGroup().finally(() => {
      writing = undefined;
      if (waiting.length === 0 || closed) return;
      if (due && !blocked) void write();
      else plan(blocked ? RETRY_MS : DELAY_MS);
    });
    return writing;
  }

  async function writeGroup(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    due = false;
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      await database.write(toStatements(group));
      if (blocked) log.info("The history is written again", { dropped: lost });
      blocked = false;
    } catch (error) {
      if (mayPass(error)) hold(group, error);
      else await writeSingly(group);
    }
  }

  function hold(group: readonly PackedRow[], error: unknown): void {
    if (!blocked) log.warn("The history cannot be written", { error: messageOf(error) });
    blocked = true;
    waiting = [...group, ...waiting];
    makeRoom();
  }

  /** One row of them cannot be stored, ever: the others can. */
  async function writeSingly(group: readonly PackedRow[]): Promise<void> {
    const writes = group.map(async (row) => database.write(toStatements([row])));
    const ends = await Promise.allSettled(writes);
    const failed = ends.filter((end) => end.status === "rejected");
    lost += failed.length;
    if (failed[0]) log.warn("History rows were lost", { error: messageOf(failed[0].reason), lost });
  }

  function makeRoom(): void {
    if (waiting.length <= MOST_WAITING) return;
    // A tenth at once: moving the others is not for every row.
    lost += waiting.splice(0, waiting.length - MOST_WAITING * 0.9).length;
  }

  async function flush(): Promise<void> {
    // The group under way may have begun before the last row came.
    await writing;
    await write();
  }

  return {
    add(row) {
      if (closed) {
        lost += 1;
        return;
      }
      waiting.push(row);
      if (blocked) makeRoom();
      else if (waiting.length >= BURST) void write();
      plan(blocked ? RETRY_MS : DELAY_MS);
    },
    lose(error) {
      lost += 1;
      log.warn("A history row was lost", { error: messageOf(error), lost });
    },
    flush,
    dropped: () => lost,
    async close() {
      if (closed) return;
      closed = true;
      await flush();
      cancelTimer?.();
      if (waiting.length === 0) return;
      lost += waiting.length;
      log.warn("History rows were lost", { error: "the bridge ended while they waited", lost });
      waiting = [];
    },
  };
}

/** Trouble of the disk or of the writer; what it left stored is the same when stored again. */
function mayPass(error: unknown): boolean {
  return (
    isTrestleError(error) && (error.code === "unavailable" || error.code === "outcome_unknown")
  );
}
