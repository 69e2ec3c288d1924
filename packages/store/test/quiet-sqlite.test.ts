import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Migration, openQuietSqlite, openSqlite } from "../src/index.ts";
import { temporaryFolder } from "./_processes.ts";

const first: Migration = { name: "notes", sql: "CREATE TABLE note (text TEXT NOT NULL) STRICT" };
const second: Migration = { name: "marks", sql: "ALTER TABLE note ADD COLUMN mark INTEGER" };
const insert = (text: string) => ({ sql: "INSERT INTO note (text) VALUES (?)", params: [text] });

async function open(file: string, migrations = [first]) {
  const sqlite = await openQuietSqlite({ file, migrations });
  onTestFinished(() => sqlite.close());
  return { ...sqlite, texts: () => sqlite.read("SELECT text FROM note").map(({ text }) => text) };
}

test("there is no file before something is written, and nothing in it", async () => {
  const file = join(temporaryFolder(), "a", "quiet.db");
  const quiet = await open(file);
  expect([quiet.texts(), existsSync(file)]).toEqual([[], false]);
  await Promise.all([quiet.write([insert("one")]), quiet.write([insert("two")])]);
  expect(quiet.texts()).toEqual(["one", "two"]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("what another one writes is seen, from the first row on", async () => {
  const file = join(temporaryFolder(), "quiet.db");
  const [quiet, other] = [await open(file), await open(file)];
  expect(quiet.texts()).toEqual([]);
  const writing = other.write([insert("one")]);
  // In the middle of making the file there is nothing to see yet, and nothing to stumble over.
  while (quiet.texts().length === 0) await new Promise((resolve) => setImmediate(resolve));
  await writing;
  await other.write([insert("two")]);
  expect(quiet.texts()).toEqual(["one", "two"]);
});

test("a file that was closed is read without a writer", async () => {
  const file = join(temporaryFolder(), "quiet.db");
  const before = await openSqlite({ file, migrations: [first] });
  await before.write([insert("one")]);
  await before.close();
  expect((await open(file)).texts()).toEqual(["one"]);
});

test("a file of an older schema is migrated, a newer one refused", async () => {
  const file = join(temporaryFolder(), "quiet.db");
  const before = await openQuietSqlite({ file, migrations: [first] });
  await before.write([insert("one")]);
  await before.close();
  const quiet = await open(file, [first, second]);
  expect(quiet.read("SELECT * FROM note")).toEqual([{ text: "one", mark: null }]);
  await expect(open(file)).rejects.toMatchObject({ code: "unsupported" });
});

test("a write that could not open the file leaves the next one to try", async () => {
  const folder = temporaryFolder();
  const blocked = join(folder, "blocked");
  writeFileSync(blocked, "");
  const quiet = await open(join(blocked, "quiet.db"));
  await expect(quiet.write([insert("one")])).rejects.toMatchObject({ code: "unavailable" });
  rmSync(blocked);
  await quiet.write([insert("two")]);
  expect(quiet.texts()).toEqual(["two"]);
});
