import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Clock, type Logger, silentLogger, systemClock } from "@trestle/protocol";
import type { Migration } from "./migrations.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { createCommitQueue } from "./sqlite-queue.ts";
import {
  allRows,
  checkStatement,
  createStatementCache,
  type Row,
  type SqlParams,
  type SqlStatement,
  type WriteResult,
} from "./sqlite-statement.ts";
import { createLateThread, startWriterThread } from "./sqlite-thread.ts";

export interface OpenSqliteOptions {
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** `normal` (default): a crash loses nothing, power loss the last commits. `full`: power loss neither. */
  readonly durability?: "normal" | "full";
  readonly clock?: Clock;
  /** Told when appended rows could not be stored. */
  readonly log?: Logger;
}

export interface Sqlite {
  /** Was the file closed well by whoever had it last? Else it was made, migrated, or left by a killed writer. */
  readonly wasClosedWell: boolean;
  /**
   * Stores the statements in one transaction; resolves after the commit, with a result for each.
   * Rejects with `conflict` (a constraint), `unavailable` (full disk, busy file: nothing was stored)
   * or `outcome_unknown` (the writer crashed).
   */
  write(statements: readonly SqlStatement[]): Promise<WriteResult[]>;
  /** Stores the statement with the next commit, at most 50 ms later. Costs the caller microseconds. */
  append(statement: SqlStatement): void;
  /** Resolves once everything appended before is stored; rejects if some since the last flush was not. */
  flush(): Promise<void>;
  /** Reads what is committed, at once, in this thread. */
  read(sql: string, params?: SqlParams): Row[];
  /** Stores what was appended, then closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a SQLite file, created and migrated where needed. Writes go through one thread and are
 * committed in groups; several processes may have the same file open. The thread is started at once where
 * the file has to be made, migrated or mended, and else with the first write. An idle one keeps no process
 * alive: close it, or what was appended in the last moments is lost at exit.
 */
export async function openSqlite(options: OpenSqliteOptions): Promise<Sqlite> {
  const { file, migrations, durability = "normal", clock = systemClock } = options;
  createParent(file);
  const start = () => startWriterThread({ file, migrations, durability });
  const wasClosedWell = isReady(file, migrations);
  const thread = wasClosedWell ? createLateThread(start) : await start();
  const queue = createCommitQueue(thread, { file, start, clock, log: options.log ?? silentLogger });
  const reader = openReader(file);

  return {
    wasClosedWell,
    async write(statements) {
      for (const statement of statements) checkStatement(statement);
      return queue.write(statements);
    },
    append(statement) {
      checkStatement(statement);
      queue.append(statement);
    },
    flush: queue.flush,
    read: reader.read,
    async close() {
      reader.close(); // first, so that the writer is the last one and can tidy the log up
      await queue.close();
    },
  };
}

export function openReader(file: string): { read: Sqlite["read"]; close(): void } {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec("PRAGMA busy_timeout=5000");
  const prepare = createStatementCache(database);
  let open = true;
  return {
    read(sql, params) {
      try {
        return allRows(prepare(sql), params);
      } catch (error) {
        throw toStoreError(error, file);
      }
    },
    close() {
      if (open) database.close();
      open = false;
    },
  };
}

/** Was the file closed well by a program of this version? */
function isReady(file: string, migrations: readonly Migration[]): boolean {
  // What a killed writer left in the log has to be taken over by one that may write.
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (!existsSync(file) || (log?.size ?? 0) > 0) return false;
  try {
    const reader = openReader(file);
    const [row] = reader.read("PRAGMA user_version");
    reader.close();
    return row?.user_version === migrations.length;
  } catch {
    // The writer tells what is wrong with it.
    return false;
  }
}

function createParent(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toStoreError(error, file);
  }
}
