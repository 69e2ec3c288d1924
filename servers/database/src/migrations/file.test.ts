import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createMigrationFile, readMigrations } from "./file.ts";

const NOW = Date.parse("2026-11-21T22:33:44.555Z");

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("a new migration is a file with both ways, named by the moment and the words", async () => {
  const folder = join(temporaryFolder(), "made", "at first");
  const up = "CREATE TABLE guest (id int);";
  const made = await createMigrationFile(
    folder,
    { name: "Add guest's  Übersicht", up, down: "DROP TABLE guest;" },
    NOW,
  );
  expect(readdirSync(folder)).toEqual(["20261121223344555_add_guest_s_ubersicht.sql"]);
  expect(await readMigrations(folder)).toEqual([made]);
  expect(made.up).toContain(up);
  expect(made.down).toContain("DROP TABLE guest;");
  expect(made.up).not.toContain("DROP");
});

test("names are made safe, and no file is ever replaced", async () => {
  const folder = temporaryFolder();
  for (const name of ["../../etc/passwd", "a'; DROP TABLE x; --", "CON", "x".repeat(500)])
    await createMigrationFile(folder, { name }, NOW);
  await createMigrationFile(folder, { name: "CON" }, NOW);
  const files = readdirSync(folder).toSorted();
  expect(files).toHaveLength(5);
  for (const file of files) expect(file).toMatch(/^\d{17}_[a-z0-9_]{1,100}\.sql$/);
  await expect(createMigrationFile(folder, { name: " …! " }, NOW)).rejects.toThrow(
    "no letter or digit",
  );
});

test("a new one comes after the last, whatever the clock says", async () => {
  const folder = folderWith({ "20991231235959999_future.sql": "SELECT 1" });
  const made = await createMigrationFile(folder, { name: "now" }, NOW);
  expect(made.name).toBe("21000101000000000_now");
  const old = folderWith({ "1712345678901_old.sql": "SELECT 1", "0002_older.sql": "SELECT 2" });
  await createMigrationFile(old, { name: "now" }, NOW);
  const names = (await readMigrations(old)).map(({ name }) => name);
  expect(names).toEqual(["0002_older", "1712345678901_old", "20261121223344555_now"]);
});

test("a file may be in two parts, or say its sections in any order, or be all up", async () => {
  const folder = folderWith({
    "1_a.up.sql": "SELECT 'a up'",
    "1_a.down.sql": "SELECT 'a down'",
    "2_b.sql": "-- Down Migration\nSELECT 'b down';\n--  UP migration\nSELECT 'b up';\n",
    "3_c.sql": "-- No transaction\nSELECT 'c'",
    "README.md": "# Not a migration",
    ".hidden.sql": "SELECT",
  });
  const [a, b, c] = await readMigrations(folder);
  expect(a).toMatchObject({
    name: "1_a",
    up: "SELECT 'a up'",
    down: "SELECT 'a down'",
    transaction: true,
  });
  expect(b?.up).toContain("b up");
  expect(b?.up).not.toContain("b down");
  expect(b?.down).toContain("b down");
  expect(c).toMatchObject({ name: "3_c", transaction: false });
  expect(c?.down).toBeUndefined();
});

test("a folder that is not there has no migrations", async () => {
  expect(await readMigrations(join(temporaryFolder(), "nowhere"))).toEqual([]);
});

test.each([
  [{ "add.sql": "" }, "begin with a number"],
  [{ "1_it's.sql": "" }, "is no name of a migration"],
  [{ "1_a.js": "" }, "only SQL files"],
  [{ "1_a.sql": "", "1_a.up.sql": "" }, "told twice"],
  [{ "1_a.down.sql": "" }, "has no 1_a.up.sql"],
])("%j is refused with what to do", async (files, words) => {
  await expect(
    readMigrations(folderWith(files as unknown as Record<string, string>)),
  ).rejects.toThrow(words);
});

test("what is written is read back as it was given", async () => {
  const folder = temporaryFolder();
  const made = await createMigrationFile(
    folder,
    { name: "index", up: "CREATE INDEX CONCURRENTLY i ON t (a);", transaction: false },
    NOW,
  );
  expect(made).toMatchObject({ transaction: false });
  expect(readFileSync(made.path, "utf8")).toMatch(/^-- no transaction\n/);
  expect(await readMigrations(folder)).toEqual([made]);
});
