import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { openSqlite, portMigrations, type Sqlite } from "../src/index.ts";
import { temporaryFolder } from "./_processes.ts";

export function portsFile(): string {
  return join(temporaryFolder(), "ports.db");
}

export async function openPorts(file: string = portsFile()): Promise<Sqlite> {
  const sqlite = await openSqlite({ file, migrations: portMigrations });
  onTestFinished(() => sqlite.close());
  return sqlite;
}

let pair: Promise<{ folder: string; one: Sqlite; other: Sqlite }> | undefined;

/** Two openings of one file, as two processes have them; emptied, as all tests of a suite share them. */
export async function openPortsTwice(): Promise<[Sqlite, Sqlite]> {
  pair ??= openPair();
  const { one, other } = await pair;
  await one.write([
    { sql: "DELETE FROM cache_entry" },
    { sql: "DELETE FROM cache_generation" },
    { sql: "DELETE FROM log_entry" },
    { sql: "DELETE FROM log_topic" },
    { sql: "DELETE FROM lock_lease" },
  ]);
  return [one, other];
}

async function openPair() {
  const folder = mkdtempSync(join(tmpdir(), "trestle-store-"));
  const options = { file: join(folder, "ports.db"), migrations: portMigrations };
  return { folder, one: await openSqlite(options), other: await openSqlite(options) };
}

afterAll(async () => {
  if (!pair) return;
  const { folder, one, other } = await pair;
  await Promise.all([one.close(), other.close()]);
  rmSync(folder, { recursive: true, force: true });
});
