import type { History, Outcome } from "@trestle/policy";
import { type Clock, type Logger, messageOf, silentLogger } from "@trestle/protocol";
import type { Sqlite, SqlStatement } from "@trestle/store";
import { readLatest, readPage } from "../page.ts";
import { tidySoon } from "../tidy.ts";
import { createHistoryBuffer, type PackedRow } from "./buffer.ts";
import { TRIM_COPIED } from "./outgoing.ts";
import { type Execution, packRow, toExecution, toFinish, toStart } from "./rows.ts";
import type { HistorySource } from "./source.ts";

export type { Execution } from "./rows.ts";

export interface HistoryFilter {
  /** Started at or after, in epoch milliseconds. */
  readonly from?: number;
  /** Started before. */
  readonly to?: number;
  readonly server?: string;
  readonly tool?: string;
  readonly outcome?: Outcome | "started";
  readonly principal?: string;
  /** Executions that belong to this one. */
  readonly parent?: string;
  /** 100 by default. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly before?: number;
}

export interface HistoryPage {
  /** The newest first. */
  readonly executions: readonly Execution[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: number;
}

export interface ExecutionFamily {
  readonly execution: Execution;
  /** Those that it caused: steps of a chain, stand-ins, calls of a mounted server. The oldest first. */
  readonly children: readonly Execution[];
}

export interface HistoryStore extends History, HistorySource {
  list(filter?: HistoryFilter): Promise<HistoryPage>;
  /** Finished rows that could not be stored, since this history was opened. */
  dropped(): number;
  close(): Promise<void>;
}

export interface HistoryParts {
  readonly database: Sqlite;
  readonly maxRows: number;
  readonly clock: Clock;
  readonly log?: Logger | undefined;
  /** Are its rows copied elsewhere? Then they are kept until they were. */
  readonly isCopied?: boolean | undefined;
}

const TRIM = `DELETE FROM executions WHERE seq <= (SELECT MAX(seq) FROM executions) - ?`;
/** How many rows may be too many, as a part of those that are kept and as a number. */
const SLACK = { part: 0.1, rows: 500 };
const MOST_CHILDREN = 1_000;

/**
 * The execution history of one bridge. Rows of writes are on disk before the write is sent; everything
 * else is written in groups within 50 ms. What an earlier owner started and never finished becomes
 * `outcome_unknown`.
 *
 * While the disk takes nothing, `started` rejects with `unavailable`, and finished rows wait in memory:
 * 10,000 of them, the oldest of more are dropped and counted.
 */
export async function createHistory(parts: HistoryParts): Promise<HistoryStore> {
  const { database, maxRows, clock, log = silentLogger } = parts;
  const { last } = boundsOf(database);
  const trim = { sql: parts.isCopied ? TRIM_COPIED : TRIM, params: [maxRows] };
  const tidying = tidySoon(database, clock, () => tidyUp(database, { trim, last, log }));
  await tidying.done;
  await trimNow(parts, trim);
  const withTrim = createTrim(maxRows, trim);
  const toStatements = (rows: readonly PackedRow[]) => withTrim(toFinish(rows), rows.length);
  const buffer = createHistoryBuffer({ database, clock, log, toStatements });

  /** Executions that were on disk before they were sent, and are not finished. */
  const begun = new Set<string>();

  return {
    name: "this bridge",
    async newest(filter) {
      await buffer.flush();
      return readLatest(database, { conditions, filter }).map(toExecution);
    },
    async started(row) {
      await database.write([toStart(row)]);
      begun.add(row.executionId);
    },
    finished(row) {
      begun.delete(row.executionId);
      try {
        buffer.add(packRow(row));
      } catch (error) {
        buffer.lose(error);
      }
    },
    async get(executionId) {
      await buffer.flush();
      const byId = "SELECT * FROM executions WHERE execution_id = ?";
      const [found] = database.read(byId, [executionId]);
      if (!found) return undefined;
      const ofParent = `SELECT * FROM executions WHERE parent_execution_id = ? ORDER BY seq LIMIT ?`;
      const children = database.read(ofParent, [executionId, MOST_CHILDREN]);
      return { execution: toExecution(found), children: children.map(toExecution) };
    },
    async list(filter = {}) {
      await buffer.flush();
      const { rows, next } = readPage(database, { table: "executions", conditions, filter });
      const executions = rows.map(toExecution);
      return next === undefined ? { executions } : { executions, next };
    },
    dropped: buffer.dropped,
    async close() {
      tidying.cancel();
      await buffer.close();
      if (begun.size > 0) await tidyUp(database, { trim, last: Number.MAX_SAFE_INTEGER, log });
      // So that the next start has nothing to write.
      await trimNow(parts, trim);
    },
  };
}

/** Deletes what is too old with every so many rows, in the same commit. */
function createTrim(
  maxRows: number,
  trim: SqlStatement,
): (rows: SqlStatement, count: number) => SqlStatement[] {
  const every = Math.min(SLACK.rows, Math.ceil(maxRows * SLACK.part));
  let since = 0;
  return (rows, count) => {
    since += count;
    if (since < every) return [rows];
    since = 0;
    return [rows, trim];
  };
}

/** After an earlier owner. On a full disk the bridge starts all the same. */
async function tidyUp(
  database: Sqlite,
  { trim, last, log }: { trim: SqlStatement; last: number; log: Logger },
): Promise<void> {
  const interrupted = `UPDATE executions SET outcome = 'outcome_unknown'
    WHERE outcome = 'started' AND seq <= ?`;
  await attempt(log, async () => {
    await database.write([{ sql: interrupted, params: [last] }, trim]);
  });
}

/** Deletes what is too old, where there is any: to look costs microseconds, to write a thread. */
async function trimNow(
  { database, maxRows, log = silentLogger }: HistoryParts,
  trim: SqlStatement,
): Promise<void> {
  await attempt(log, async () => {
    const { first, last } = boundsOf(database);
    if (first > last - maxRows) return;
    await database.write([trim]);
  });
}

async function attempt(log: Logger, tidy: () => Promise<void>): Promise<void> {
  try {
    await tidy();
  } catch (error) {
    log.warn("The history was not tidied up", { error: messageOf(error) });
  }
}

/** The rows that there are: of none, `first` is after `last`. */
function boundsOf(database: Sqlite): { readonly first: number; readonly last: number } {
  const [row] = database.read(
    "SELECT (SELECT MIN(seq) FROM executions) AS first, (SELECT MAX(seq) FROM executions) AS last",
  );
  return { first: Number(row?.first ?? 1), last: Number(row?.last ?? 0) };
}

const conditions = {
  from: "started_at >= ?",
  to: "started_at < ?",
  server: "server = ?",
  tool: "tool = ?",
  outcome: "outcome = ?",
  principal: "principal = ?",
  parent: "parent_execution_id = ?",
} as const;
