import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
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

test("a turn that SQLite undid itself is over, and the next one works", () => {
  const { turns } = open();
  turns.run(`CREATE TRIGGER strict BEFORE INSERT ON note WHEN new.text = 'bad'
    BEGIN SELECT raise(ROLLBACK, 'not this one'); END`);
  const write = (text: string) => turns.run("INSERT INTO note (text) VALUES (?)", text);
  const failed = () =>
    turns.transaction(() => {
      write("lost");
      write("bad");
    });
  expect(failed).toThrow(/not this one/);
  turns.transaction(() => write("kept"));
  expect(turns.run("SELECT text FROM note")).toEqual([{ text: "kept" }]);
});

test("a file that another program is writing to is opened once it has finished", async () => {
  const file = join(temporaryFolder(), "notes.db");
  const turn = new Int32Array(new SharedArrayBuffer(4));
  // Another thread, as this one does nothing else while it opens the file.
  const other = new Worker(
    `const { parentPort, workerData: { file, turn } } = require("node:worker_threads");
     const { DatabaseSync } = require("node:sqlite");
     const database = new DatabaseSync(file);
     database.exec("CREATE TABLE other (a); BEGIN IMMEDIATE; INSERT INTO other VALUES (1)");
     parentPort.postMessage("writing");
     Atomics.wait(turn, 0, 0);
     Atomics.wait(turn, 0, 1, 30);
     database.exec("COMMIT");
     database.close();`,
    { eval: true, workerData: { file, turn } },
  );
  await once(other, "message");
  Atomics.store(turn, 0, 1);
  Atomics.notify(turn, 0);
  const { turns } = open(file);
  expect(turns.run("SELECT a FROM other")).toEqual([{ a: 1 }]);
  expect(turns.run("SELECT * FROM note")).toEqual([]);
  await once(other, "exit");
});

test("a place where no memory can be shared is refused with words, and nothing is left open", () => {
  const file = join(temporaryFolder(), "notes.db");
  mkdirSync(`${file}-shm`);
  expect(() => open(file)).toThrow(
    expect.objectContaining({
      code: "unavailable",
      message: expect.stringMatching(/notes\.db: .+\. Check the disk and the file's permissions/),
    }),
  );
});
