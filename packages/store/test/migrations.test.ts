import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Migration, openSqlite } from "../src/index.ts";
import { insert, notes, openNotes, query, textsOf } from "./_notes.ts";
import { seededRandom, startProcess, temporaryFolder, until } from "./_processes.ts";

const tags: Migration = { name: "tags", sql: "CREATE TABLE tag (name TEXT)" };

describe("the schema", () => {
  test("a new file is private and has the newest version", async () => {
    const file = join(temporaryFolder(), "below", "notes.db");
    const sqlite = await openNotes(file, [notes, tags]);
    await sqlite.write([insert("a")]);
    expect(sqlite.read("PRAGMA user_version")).toEqual([{ user_version: 2 }]);
    expect([file, `${file}-wal`].map((name) => statSync(name).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
    expect(existsSync(`${file}.v0.bak`)).toBe(false);
  });

  test("a file with data is backed up before it is migrated", async () => {
    const file = join(temporaryFolder(), "notes.db");
    const old = await openNotes(file);
    await old.write([insert("kept")]);
    const renewed = await openNotes(file, [notes, tags]); // while the old program still has it open
    expect(textsOf(renewed)).toEqual(["kept"]);
    expect(query(`${file}.v1.bak`, "SELECT text FROM note")).toEqual([{ text: "kept" }]);
    expect(statSync(`${file}.v1.bak`).mode & 0o777).toBe(0o600);
    await expect(old.write([insert("late")])).rejects.toMatchObject({ code: "unsupported" });
  });

  test("a schema newer than known is refused by name and version", async () => {
    const file = join(temporaryFolder(), "notes.db");
    await (await openNotes(file, [notes, tags])).close();
    const opening = openSqlite({ file, migrations: [notes] });
    await expect(opening).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(`${file} has schema version 2`),
      details: { file, found: 2, known: 1 },
    });
  });

  test("a failing migration changes nothing", async () => {
    const file = join(temporaryFolder(), "notes.db");
    const first = await openNotes(file);
    await first.write([insert("kept")]);
    await first.close();
    const broken = { name: "broken", sql: "DROP TABLE note; CREATE TABEL oops (a)" };
    const opening = openSqlite({ file, migrations: [notes, tags, broken] });
    await expect(opening).rejects.toThrow('Migration "broken"');
    const again = await openNotes(file);
    expect(textsOf(again)).toEqual(["kept"]);
    expect(again.read("PRAGMA user_version")).toEqual([{ user_version: 1 }]);
  });

  test("a disk that is full in the middle of a migration leaves the data as it was", async () => {
    const file = join(temporaryFolder(), "notes.db");
    const first = await openNotes(file);
    await first.write([insert("kept")]);
    await first.close();
    const large = {
      name: "large",
      sql: "PRAGMA max_page_count = 1; INSERT INTO note (bytes) VALUES (zeroblob(1000000))",
    };
    await expect(openSqlite({ file, migrations: [notes, large] })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining('Migration "large"'),
    });
    expect(textsOf(await openNotes(file))).toEqual(["kept"]);
  });

  test("what cannot be backed up is not migrated", async () => {
    const file = join(temporaryFolder(), "notes.db");
    const first = await openNotes(file);
    await first.write([insert("kept"), insert("x".repeat(50_000))]);
    await first.close();
    mkdirSync(`${file}.v1.bak`);
    const opening = () => openSqlite({ file, migrations: [notes, tags] });
    const refusal = (advice: string) => ({
      code: "unavailable",
      message: expect.stringMatching(`^Cannot back .+ Nothing was changed; ${advice}`),
    });
    await expect(opening()).rejects.toMatchObject({ ...refusal("make room"), details: {} });
    rmdirSync(`${file}.v1.bak`);
    const whole = readFileSync(file);
    writeFileSync(file, whole.fill(0x5a, whole.length - 20_000));
    const SQLITE_CORRUPT = 11;
    const details = { sqlite: SQLITE_CORRUPT };
    await expect(opening()).rejects.toMatchObject({ ...refusal("restore"), details });
    expect(query(file, "PRAGMA user_version")).toEqual([{ user_version: 1 }]);
    expect(readdirSync(dirname(file)).filter((name) => name.includes(".bak"))).toEqual([]);
  });

  test("a file that is no database is refused and left as it is", async () => {
    const file = join(temporaryFolder(), "notes.db");
    const text = "this is not a database, it only looks long enough to be one. ".repeat(20);
    writeFileSync(file, text);
    await expect(openSqlite({ file, migrations: [notes] })).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("a place that cannot be written to is refused by name", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    for (const below of [join(file, "notes.db"), join(file, "deeper", "notes.db")]) {
      const opening = openSqlite({ file: below, migrations: [notes] });
      await expect(opening).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(below),
      });
    }
  });

  test("processes that open a file together migrate it once, and all write", async () => {
    const { rounds } = seededRandom();
    for (let round = 0; round < rounds(3); round += 1) {
      const file = join(temporaryFolder(), "numbers.db");
      if (round % 2 === 1)
        await (
          await openNotes(file, [
            {
              name: "old",
              sql: "CREATE TABLE number (value INTEGER, at REAL); INSERT INTO number VALUES (0, 0)",
            },
          ])
        ).close();
      const writers = [1, 2, 3].map((one) =>
        startProcess("_writer.ts", [file, `${one}000000`, "4"]),
      );
      for (const writer of writers) writer.ask("write").catch(() => {});
      await until("each has stored ten", () => writers.every(({ said }) => said.length > 10));
      expect(query(file, "PRAGMA user_version")).toEqual([{ user_version: 4 }]);
      await Promise.all(writers.map((writer) => writer.kill()));
      const stored = new Set(query(file, "SELECT value FROM number").map((row) => row.value));
      const acknowledged = writers.flatMap(({ said }) =>
        said.flatMap(({ stored: value }) => value ?? []),
      );
      expect(acknowledged.filter((value) => !stored.has(value))).toEqual([]);
    }
  }, 120_000);
});
