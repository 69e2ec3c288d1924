import { closeSync, openSync, readSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { schemaVersion } from "./migrations.ts";
import { toStoreError } from "./sqlite-errors.ts";

const MAGIC = "SQLite format 3\0";

/** Is it a SQLite file? An empty one is none yet. */
export function isSqliteFile(file: string): boolean {
  const handle = openSync(file, "r");
  try {
    const head = Buffer.alloc(MAGIC.length);
    return readSync(handle, head, 0, head.length, 0) === head.length && head.toString() === MAGIC;
  } finally {
    closeSync(handle);
  }
}

/**
 * Copies what is committed in a SQLite file at one moment, whoever writes to it meanwhile, into a new file
 * that only its owner can read. Blocks this thread for as long as that takes.
 */
export function copySqlite(from: string, to: string): void {
  closeSync(openSync(to, "wx", 0o600));
  withFile(from, (database) => database.prepare("VACUUM INTO ?").run(to));
}

export interface SqliteFacts {
  /** As `PRAGMA user_version` has it: how many migrations it has seen. */
  readonly schema: number;
  /** What is broken in it, in SQLite's words; nothing where it is whole. */
  readonly damage?: string;
}

export function inspectSqlite(file: string): SqliteFacts {
  return withFile(file, (database) => {
    const schema = schemaVersion(database);
    const said = database.prepare("PRAGMA integrity_check(1)").get()?.integrity_check;
    return said === "ok" ? { schema } : { schema, damage: String(said) };
  });
}

function withFile<Value>(file: string, work: (database: DatabaseSync) => Value): Value {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    database.exec("PRAGMA busy_timeout=5000");
    return work(database);
  } catch (error) {
    throw toStoreError(error, file);
  } finally {
    database?.close();
  }
}
