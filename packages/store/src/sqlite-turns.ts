import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { toStoreError } from "./sqlite-errors.ts";
import { createStatementCache, type Row, type SqlValue } from "./sqlite-statement.ts";
import { inTransaction, openForWriting, type WriterOptions } from "./sqlite-writer.ts";

/** A SQLite file whose transactions are functions that read, decide and write, in this thread. */
export interface SqliteTurns {
  run(sql: string, ...params: readonly SqlValue[]): Row[];
  /** Undoes all that `work` wrote where it throws; never inside another. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

/**
 * For the owner of a folder whose turns are short. Where what is written is known beforehand, `openSqlite` keeps the
 * waiting for the disk out of this thread.
 */
export function openTurns(options: WriterOptions): SqliteTurns {
  const { file } = options;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toStoreError(error, file);
  }
  const database = openForWriting(options);
  const prepare = createStatementCache(database);
  const run = (sql: string, ...params: readonly SqlValue[]): Row[] => {
    try {
      return prepare(sql).all(...params) as Row[];
    } catch (error) {
      throw toStoreError(error, file);
    }
  };

  function transaction<Result>(work: () => Result): Result {
    run("BEGIN IMMEDIATE");
    try {
      const result = work();
      run("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (inTransaction(database)) database.exec("ROLLBACK");
      throw error;
    }
  }

  return { run, transaction, close: () => database.close() };
}
