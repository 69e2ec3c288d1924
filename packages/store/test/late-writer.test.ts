import { channel } from "node:diagnostics_channel";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite, type Sqlite } from "../src/index.ts";
import { temporaryFolder } from "./_processes.ts";

const first = { name: "notes", sql: "CREATE TABLE note (text TEXT NOT NULL)" };
const insert = { sql: "INSERT INTO note VALUES (?)", params: ["hello"] };
const notes = (sqlite: Sqlite) => sqlite.read("SELECT text FROM note").map(({ text }) => text);

/** How many threads are started while the test runs. */
function countThreads(): () => number {
  let threads = 0;
  const count = () => {
    threads += 1;
  };
  channel("worker_threads").subscribe(count);
  onTestFinished(() => void channel("worker_threads").unsubscribe(count));
  return () => threads;
}

async function madeFile(): Promise<string> {
  const file = join(temporaryFolder(), "notes.db");
  const sqlite = await openSqlite({ file, migrations: [first] });
  await sqlite.write([insert]);
  await sqlite.close();
  return file;
}

test("a file that was closed well is read without a thread, which the first write starts", async () => {
  const file = await madeFile();
  const threads = countThreads();
  const sqlite = await openSqlite({ file, migrations: [first] });
  expect(sqlite.wasClosedWell).toBe(true);
  expect(notes(sqlite)).toEqual(["hello"]);
  await sqlite.flush();
  expect(threads()).toBe(0);
  sqlite.append(insert);
  await sqlite.write([insert]);
  expect(notes(sqlite)).toEqual(["hello", "hello", "hello"]);
  expect(threads()).toBe(1);
  await sqlite.close();
  const again = await openSqlite({ file, migrations: [first] });
  expect(notes(again)).toHaveLength(3);
  await again.close();
  expect(threads(), "nothing was written").toBe(1);
});

test("a file that was left by a killed writer is mended before it is read", async () => {
  const file = await madeFile();
  const writing = await openSqlite({ file, migrations: [first] });
  await writing.write([insert]);
  // As it is on disk when its writer is killed.
  const left = join(temporaryFolder(), "left.db");
  copyFileSync(file, left);
  copyFileSync(`${file}-wal`, `${left}-wal`);
  await writing.close();
  const sqlite = await openSqlite({ file: left, migrations: [first] });
  expect(sqlite.wasClosedWell).toBe(false);
  expect(notes(sqlite)).toEqual(["hello", "hello"]);
  await sqlite.close();
  expect(existsSync(`${left}-wal`)).toBe(false);
});

test("a file of an older program is migrated when it is opened, and a newer one is refused", async () => {
  const file = await madeFile();
  const second = { name: "times", sql: "ALTER TABLE note ADD COLUMN at INTEGER" };
  const sqlite = await openSqlite({ file, migrations: [first, second] });
  expect(sqlite.wasClosedWell).toBe(false);
  expect(sqlite.read("SELECT at FROM note")).toEqual([{ at: null }]);
  await sqlite.close();
  await expect(openSqlite({ file, migrations: [first] })).rejects.toThrow(/schema version 2/);
});

test("a file that is none is refused when it is opened", async () => {
  const file = join(temporaryFolder(), "text.db");
  writeFileSync(file, "this is no database, but a text that is long enough to be taken for one");
  await expect(openSqlite({ file, migrations: [first] })).rejects.toThrow(/text\.db/);
  expect(readFileSync(file, "utf8")).toMatch(/no database/);
});
