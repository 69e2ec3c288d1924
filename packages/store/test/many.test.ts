import { expect, test } from "vitest";
import { createSqliteCache, createSqliteLog, enforceQuota } from "../src/index.ts";
import { openNotes, textsOf } from "./_notes.ts";
import { openPorts } from "./_ports.ts";

test("more statements than are kept prepared work all the same, in any order", async () => {
  const sqlite = await openNotes();
  const statement = (n: number) => ({ sql: `INSERT INTO note (text) VALUES ('note ${n}')` });
  await sqlite.write(Array.from({ length: 300 }, (_, n) => statement(n)));
  for (const n of [299, 298, 299, 0]) {
    await expect(sqlite.write([statement(n)])).rejects.toMatchObject({ code: "conflict" });
  }
  expect(textsOf(sqlite)).toHaveLength(300);
});

test("a cache forgets any number of outdated entries, and makes room beside expired ones", async () => {
  let now = 1_000;
  const sqlite = await openPorts();
  const clock = { now: () => now, after: () => () => {} };
  const cache = createSqliteCache({ sqlite, clock, bounds: { maxEntries: 1_200, maxBytes: 1e9 } });
  const fill = (scope: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        cache.set({ scope, group: "g", key: `k${n}` }, { value: "v", ttlMs: 1_000 }),
      ),
    );
  await fill("gone", 1_100);
  expect(await cache.clear({ scope: "gone" })).toBe(1_100);
  await fill("old", 1_150);
  now += 5_000;
  await fill("new", 200);
  expect((await cache.stats({})).entries).toBeLessThanOrEqual(1_200);
  expect(await cache.get({ scope: "new", group: "g", key: "k199" })).toMatchObject({ kind: "hit" });
});

test("a log of any length is cut to what is to be kept", async () => {
  const sqlite = await openPorts();
  const log = createSqliteLog({ sqlite });
  for (let n = 0; n < 5_200; n += 1) log.appendSoon("t", `${n}`);
  await log.flush();
  expect(await log.trim("t", { maxEntries: 100 })).toBe(5_100);
  expect(await log.bounds("t")).toEqual({ first: 5_101, last: 5_200 });
});

test("every form of a statement counts for the quota by what it holds", async () => {
  const sqlite = await openNotes();
  const quota = enforceQuota(sqlite, { maxBytes: 10_000_000, retention: [] });
  const sql = "INSERT INTO note (text, bytes) VALUES (?, ?)";
  await quota.write([
    { sql: "INSERT INTO note (text) VALUES ('bare')" },
    { sql, params: ["list", new Uint8Array(200_000)] },
    { sql: "INSERT INTO note (text) VALUES ($text)", params: { text: "named" } },
    {
      sql,
      each: [
        ["one", null],
        ["two", new Uint8Array(8)],
      ],
    },
  ]);
  expect(textsOf(sqlite)).toEqual(["bare", "list", "named", "one", "two"]);
  expect(await quota.enforce()).toBeGreaterThan(200_000);
});
