/** A small schema, and the words the SQLite tests share. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import { type Migration, openSqlite, type Sqlite, type SqlStatement } from "../src/index.ts";
import { temporaryFolder } from "./_processes.ts";

export const notes: Migration = {
  name: "notes",
  sql: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB)",
};

export function insert(text: string): SqlStatement {
  return { sql: "INSERT INTO note (text) VALUES (?)", params: [text] };
}

export async function openNotes(
  file: string = join(temporaryFolder(), "notes.db"),
  migrations: readonly Migration[] = [notes],
): Promise<Sqlite> {
  const sqlite = await openSqlite({ file, migrations });
  onTestFinished(() => sqlite.close().catch(() => {}));
  return sqlite;
}

export function textsOf(sqlite: Sqlite): unknown[] {
  return sqlite.read("SELECT text FROM note ORDER BY id").map((row) => row.text);
}

/** What is in the file, whoever else has it open. */
export function query(file: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}
