import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { JsonObject } from "@trestle/protocol";
import { type Migration, migrate, refuseNewer } from "./migrations.ts";
import { toWireError } from "./share-wire.ts";
import { isBusy, toStoreError } from "./sqlite-errors.ts";
import {
  allRows,
  createStatementCache,
  runEach,
  runStatement,
  type SqlStatement,
  type WriteResult,
} from "./sqlite-statement.ts";

export interface WriterOptions {
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** `full` survives power loss; `normal` may lose the last commits to it, and nothing to a crash. */
  readonly durability: "normal" | "full";
}

/** The statements of one write, which succeed or fail together. */
export type WriteJob = readonly SqlStatement[];
export type JobOutcome =
  | { readonly results: readonly WriteResult[] }
  | { readonly error: JsonObject };

export interface SqliteWriter {
  /** Commits all jobs in one transaction where that works; a job that fails does so alone. */
  commit(jobs: readonly WriteJob[]): JobOutcome[];
  close(): void;
}

const BUSY_TIMEOUT_MS = 10_000;
/** A log that grew in a burst is cut back to this. */
const JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024;

/** Opens and migrates the file. Synchronous throughout: it lives in a thread of its own. */
export function openWriter(options: WriterOptions): SqliteWriter {
  return createWriter(openForWriting(options), options);
}

/** The file, made and migrated where needed, for one who writes. */
export function openForWriting(options: WriterOptions): DatabaseSync {
  const { file, migrations } = options;
  let database: DatabaseSync | undefined;
  try {
    createPrivateFile(file);
    const opened = new DatabaseSync(file);
    database = opened;
    opened.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}`);
    refuseNewer(opened, options);
    // Takes effect in a new file only, and lets it shrink again when rows are deleted.
    opened.exec("PRAGMA auto_vacuum=INCREMENTAL");
    useWriteAheadLog(opened);
    opened.exec(`PRAGMA synchronous=${options.durability}`);
    opened.exec(`PRAGMA journal_size_limit=${JOURNAL_SIZE_LIMIT}`);
    migrate(opened, { file, migrations });
    return opened;
  } catch (error) {
    database?.close();
    throw toStoreError(error, file);
  }
}

function createWriter(database: DatabaseSync, options: WriterOptions): SqliteWriter {
  const prepare = createStatementCache(database);

  function commit(jobs: readonly WriteJob[]): JobOutcome[] {
    try {
      return commitTogether(jobs);
    } catch (error) {
      if (inTransaction(database)) database.exec("ROLLBACK");
      // One job may have spoilt it for all; where the file itself is at fault, each would wait in vain.
      if (jobs.length > 1 && !isBusy(error)) return jobs.flatMap((job) => commit([job]));
      return jobs.map(() => ({ error: toWire(error) }));
    }
  }

  function commitTogether(jobs: readonly WriteJob[]): JobOutcome[] {
    prepare("BEGIN IMMEDIATE").run();
    // A newer program may have migrated the file since we opened it.
    if (prepare("PRAGMA user_version").get()?.user_version !== options.migrations.length) {
      refuseNewer(database, options);
    }
    const outcomes = jobs.map(runJob);
    prepare("COMMIT").run();
    return outcomes;
  }

  function runJob(job: WriteJob): JobOutcome {
    // A single statement is atomic by itself.
    const several = job.length > 1 || job[0]?.each !== undefined;
    if (several) prepare("SAVEPOINT job").run();
    try {
      const results = job.map(runOne);
      if (several) prepare("RELEASE job").run();
      return { results };
    } catch (error) {
      // Some errors end the whole transaction, and with it the jobs before this one.
      if (!inTransaction(database)) throw error;
      if (several) database.exec("ROLLBACK TO job; RELEASE job");
      return { error: toWire(error) };
    }
  }

  function runOne({ sql, params, each }: SqlStatement): WriteResult {
    const statement = prepare(sql);
    if (each !== undefined) return { ...runEach(statement, each), rows: [] };
    if (!mayReturnRows.test(sql)) return { ...runStatement(statement, params), rows: [] };
    const rows = allRows(statement, params);
    const last = prepare("SELECT last_insert_rowid() AS id").get()?.id;
    const changes = isQuery.test(sql) ? 0 : rows.length;
    return { changes, lastInsertRowid: Number(last), rows };
  }

  const toWire = (error: unknown): JsonObject => toWireError(toStoreError(error, options.file));

  return { commit, close: () => database.close() };
}

const isQuery = /^\s*(?:select|values|pragma|explain)\b/i;
const mayReturnRows = /^\s*(?:select|values|pragma|explain)\b|\breturning\b/i;

/** Node tells it only in newer versions; a second BEGIN fails exactly where there is a first. */
export function inTransaction(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN; ROLLBACK");
    return false;
  } catch {
    return true;
  }
}

/** SQLite gives the log and its index the mode of the database. */
function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    // Never opened here where it exists: closing it would drop the locks this process has on it.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Switching needs the file for itself, and does not wait for it as other statements do. */
function useWriteAheadLog(database: DatabaseSync): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode=WAL");
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}
