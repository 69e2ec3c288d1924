import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { insert, openNotes, query, textsOf } from "./_notes.ts";
import { seededRandom, startProcess, temporaryFolder, until } from "./_processes.ts";

describe("writing", () => {
  test("what a write resolved with is stored and can be read at once", async () => {
    const sqlite = await openNotes();
    const bytes = new Uint8Array([1, 2, 3]);
    const results = await sqlite.write([
      insert("one"),
      {
        sql: "INSERT INTO note (text, bytes) VALUES ($text, $bytes)",
        params: { text: "two", bytes },
      },
      { sql: "UPDATE note SET text = text || '!' RETURNING id, text" },
      { sql: "SELECT count(*) AS count FROM note" },
    ]);
    expect(results).toEqual([
      { changes: 1, lastInsertRowid: 1, rows: [] },
      { changes: 1, lastInsertRowid: 2, rows: [] },
      {
        changes: 2,
        lastInsertRowid: 2,
        rows: [
          { id: 1, text: "one!" },
          { id: 2, text: "two!" },
        ],
      },
      { changes: 0, lastInsertRowid: 2, rows: [{ count: 2 }] },
    ]);
    expect(sqlite.read("SELECT bytes FROM note WHERE text = ?", ["two!"])).toEqual([{ bytes }]);
  });

  test("a failing write fails alone and whole, among others made with it", async () => {
    const sqlite = await openNotes();
    const settled = await Promise.allSettled([
      sqlite.write([insert("a")]),
      sqlite.write([insert("b"), insert("a")]),
      sqlite.write([{ sql: "INSERT INTO nowhere VALUES (1)" }]),
      sqlite.write([insert("c"), insert("d")]),
    ]);
    expect(settled.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    expect(settled[1]).toMatchObject({ reason: { code: "conflict" } });
    expect(settled[2]).toMatchObject({ reason: { code: "internal" } });
    expect(textsOf(sqlite)).toEqual(["a", "c", "d"]);
  });

  test("one statement for each of many rows is stored whole or not at all", async () => {
    const sqlite = await openNotes();
    const each = (...texts: string[]) => ({
      sql: "INSERT INTO note (text) VALUES (?)",
      each: texts.map((text) => [text]),
    });
    const [done] = await sqlite.write([each("a", "b", "c")]);
    expect(done).toEqual({ changes: 3, lastInsertRowid: 3, rows: [] });
    await expect(sqlite.write([each("d", "a", "e")])).rejects.toThrow();
    await expect(sqlite.write([each("f", undefined as never)])).rejects.toThrow("Parameter 1");
    expect(await textsOf(sqlite)).toEqual(["a", "b", "c"]);
  });

  test("a write that ends the transaction does not take its neighbours along", async () => {
    const sqlite = await openNotes();
    await sqlite.write([
      {
        sql: `CREATE TRIGGER strict BEFORE INSERT ON note WHEN new.text = 'bad'
              BEGIN SELECT raise(ROLLBACK, 'no'); END`,
      },
    ]);
    const writes = ["a", "bad", "b"].map((text) => sqlite.write([insert(text)]));
    const settled = await Promise.allSettled(writes);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(textsOf(sqlite)).toEqual(["a", "b"]);
  });

  test("what SQLite cannot store is refused by its place", async () => {
    const sqlite = await openNotes();
    const bad = {
      sql: "INSERT INTO note (text) VALUES (?)",
      params: [undefined as unknown as null],
    };
    await expect(sqlite.write([bad])).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("Parameter 1"),
    });
    expect(() => sqlite.append(bad)).toThrow("Parameter 1");
  });

  test("a full disk rejects with unavailable, and writing goes on when there is space", async () => {
    const sqlite = await openNotes();
    const limit = (pages: number) => sqlite.write([{ sql: `PRAGMA max_page_count = ${pages}` }]);
    await limit(1); // SQLite takes the present size where that is more
    const big = { sql: "INSERT INTO note (bytes) VALUES (zeroblob(1000000))" };
    const [full, small] = await Promise.allSettled([
      sqlite.write([big]),
      sqlite.write([insert("a")]),
    ]);
    expect(full).toMatchObject({ reason: { code: "unavailable", retryable: true } });
    expect(small.status).toBe("fulfilled");
    await limit(1_000_000);
    await sqlite.write([big]);
    expect(sqlite.read("SELECT count(*) AS count FROM note")).toEqual([{ count: 2 }]);
  });

  test("a crashed writer leaves the outcome unknown and is started again", async () => {
    const post = vi.spyOn(Worker.prototype, "postMessage");
    onTestFinished(() => post.mockRestore());
    const sqlite = await openNotes();
    await sqlite.write([insert("before")]);
    const worker = post.mock.contexts.at(-1) as Worker;
    // Native code cannot be interrupted: long enough to be ended within, short enough to wait for.
    const sql =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT max(i) FROM n";
    const long = sqlite.write([{ sql }]);
    const queued = Promise.resolve().then(() => sqlite.write([insert("after")]));
    await until("it is sent", () => post.mock.calls.length > 1);
    await worker.terminate();
    await expect(long).rejects.toMatchObject({ code: "outcome_unknown" });
    await queued;
    expect(textsOf(sqlite)).toEqual(["before", "after"]);
  });

  test("a writer that crashed and cannot be started again leaves nobody waiting", async () => {
    const post = vi.spyOn(Worker.prototype, "postMessage");
    onTestFinished(() => post.mockRestore());
    const folder = temporaryFolder();
    const sqlite = await openNotes(join(folder, "notes.db"));
    await sqlite.write([insert("before")]);
    await (post.mock.contexts.at(-1) as Worker).terminate();
    rmSync(folder, { recursive: true });
    const refusal = {
      code: "unavailable",
      message: expect.stringContaining(join(folder, "notes.db")),
    };
    await expect(sqlite.write([insert("after")])).rejects.toMatchObject(refusal);
    await expect(sqlite.close()).rejects.toMatchObject(refusal);
  });

  test("a closed file refuses writes with a sentence, and closing twice is harmless", async () => {
    const file = join(temporaryFolder(), "notes.db");
    const sqlite = await openNotes(file);
    sqlite.append(insert("last"));
    await Promise.all([sqlite.close(), sqlite.close()]);
    await expect(sqlite.write([insert("late")])).rejects.toMatchObject({ code: "unavailable" });
    expect(() => sqlite.append(insert("late"))).toThrow("is closed; open it again");
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(query(file, "SELECT text FROM note")).toEqual([{ text: "last" }]);
  });
});

describe("appending", () => {
  test("what was appended is stored soon, in order with writes", async () => {
    const sqlite = await openNotes();
    sqlite.append(insert("a"));
    sqlite.append(insert("b"));
    await until("both stored", () => textsOf(sqlite).length === 2, 1_000);
    sqlite.append(insert("c"));
    await sqlite.write([insert("d")]);
    expect(textsOf(sqlite)).toEqual(["a", "b", "c", "d"]);
  });

  test("flush tells once of what could not be stored", async () => {
    const sqlite = await openNotes();
    for (const text of ["a", "a", "b"]) sqlite.append(insert(text));
    await expect(sqlite.flush()).rejects.toMatchObject({ code: "conflict" });
    await sqlite.flush();
    expect(textsOf(sqlite)).toEqual(["a", "b"]);
  });
});

describe("a killed process", () => {
  test("has stored every write it acknowledged", async () => {
    const { next, rounds } = seededRandom();
    const file = join(temporaryFolder(), "numbers.db");
    const acknowledged: number[] = [];
    for (let round = 0; round < rounds(5); round += 1) {
      const writer = startProcess("_writer.ts", [file, `${round}000000`]);
      writer.ask("write").catch(() => {});
      const enough = 1 + Math.floor(next() * 200);
      await until("it has stored some", () => writer.said.length > enough);
      await writer.kill();
      for (const { stored } of writer.said) if (stored) acknowledged.push(Number(stored));
    }
    const stored = new Set(query(file, "SELECT value FROM number").map((row) => row.value));
    expect(acknowledged.filter((value) => !stored.has(value))).toEqual([]);
  }, 120_000);

  test("has lost no more than the last 50 ms of what it appended", async () => {
    const { next, rounds } = seededRandom();
    for (let round = 0; round < rounds(3); round += 1) {
      const file = join(temporaryFolder(), "numbers.db");
      const writer = startProcess("_writer.ts", [file]);
      writer.ask("append").catch(() => {});
      const enough = 100 + Math.floor(next() * 50);
      await until("it has appended some", () => writer.said.length > enough);
      await writer.kill();
      const stored = new Set(query(file, "SELECT value FROM number").map((row) => row.value));
      const appended = writer.said.filter((message) => message.appended);
      const end = Number(appended.at(-1)?.at);
      const lost = appended.filter((message) => !stored.has(message.appended as number));
      for (const { at } of lost) expect(end - Number(at)).toBeLessThan(50);
    }
  }, 120_000);
});
