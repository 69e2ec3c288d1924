import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite, openTurns } from "../src/index.ts";
import { temporaryFolder } from "./_processes.ts";

const migrations = [
  { name: "first", sql: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)" },
];

function open(file = join(temporaryFolder(), "below", "notes.db")) {
  const turns = openTurns({ file, migrations, durability: "normal" });
  onTestFinished(() => turns.close());
  return { file, turns };
}

test("a turn reads what it wrote, and is there for everyone once it ends", async () => {
  const { file, turns } = open();
  const count = turns.transaction(() => {
    turns.run("INSERT INTO note (text) VALUES (?)", "one");
    return turns.run("SELECT count(*) AS count FROM note")[0]?.count;
  });
  expect(count).toBe(1);
  const other = await openSqlite({ file, migrations });
  onTestFinished(() => other.close());
  expect(other.read("SELECT text FROM note")).toEqual([{ text: "one" }]);
});

test("a turn that throws, by itself or by SQLite, changes nothing", () => {
  const { turns } = open();
  const write = () => turns.run("INSERT INTO note (text) VALUES (?)", "one");
  const failed = () =>
    turns.transaction(() => {
      write();
      throw new Error("no");
    });
  expect(failed).toThrow("no");
  expect(() =>
    turns.transaction(() => {
      write();
      write();
    }),
  ).toThrow(expect.objectContaining({ code: "conflict" }));
  expect(turns.run("SELECT * FROM note")).toEqual([]);
  turns.transaction(write);
  expect(turns.run("SELECT text FROM note")).toEqual([{ text: "one" }]);
});
