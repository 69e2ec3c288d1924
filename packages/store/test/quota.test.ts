import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { enforceQuota, openSqlite, type SqlStatement } from "../src/index.ts";
import { manualClock } from "./_clock.ts";
import { temporaryFolder } from "./_processes.ts";

const migrations = [
  { name: "notes", sql: "CREATE TABLE note (id INTEGER PRIMARY KEY, kept INTEGER, text TEXT)" },
];
const deleteOldest =
  "DELETE FROM note WHERE id IN (SELECT id FROM note WHERE kept = 0 ORDER BY id LIMIT :rows)";
const maxBytes = 2_000_000;

async function openNotes() {
  const file = join(temporaryFolder(), "notes.db");
  const clock = manualClock();
  const sqlite = await openSqlite({ file, migrations });
  onTestFinished(() => sqlite.close());
  const limited = enforceQuota(sqlite, { maxBytes, retention: [deleteOldest], clock });
  const count = () => Number(sqlite.read("SELECT count(*) AS count FROM note")[0]?.count);
  return { file, clock, sqlite, limited, count };
}

function insert(kept: 0 | 1, bytes = 1_000): SqlStatement {
  return { sql: "INSERT INTO note (kept, text) VALUES (?, ?)", params: [kept, "x".repeat(bytes)] };
}

const many = (count: number, kept: 0 | 1) => Array.from({ length: count }, () => insert(kept));

test("the oldest rows make room, the newest stay, and the file shrinks", async () => {
  const { file, sqlite, limited, count } = await openNotes();
  await sqlite.write(many(5_000, 0));
  await sqlite.write([{ sql: "PRAGMA wal_checkpoint(TRUNCATE)" }]).catch(() => {});
  const bytes = await limited.enforce();
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  expect(bytes).toBeGreaterThan(maxBytes / 2);
  const [range] = sqlite.read("SELECT min(id) AS first, max(id) AS last FROM note");
  expect(range?.last).toBe(5_000);
  expect(range?.first).toBe(5_001 - count());
  await sqlite.close();
  expect(statSync(file).size).toBeLessThanOrEqual(maxBytes);
});

test("writing and appending without end stays near the quota", async () => {
  const { limited, sqlite } = await openNotes();
  for (let round = 0; round < 100; round += 1) {
    await limited.write(many(50, 0));
    for (const one of many(50, 0)) limited.append(one);
  }
  await limited.flush();
  const [pages] = sqlite.read(
    "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
  );
  expect(Number(pages?.bytes)).toBeLessThan(maxBytes * 1.5);
  expect(await limited.enforce()).toBeLessThanOrEqual(maxBytes);
});

test("where nothing may be deleted, writes are refused until there is room", async () => {
  const { limited, sqlite, clock, count } = await openNotes();
  await sqlite.write(many(3_000, 1));
  await limited.enforce();
  const refusal = {
    code: "unavailable",
    retryable: true,
    message: expect.stringContaining("quota of 2000000 bytes"),
  };
  await expect(limited.write([insert(0)])).rejects.toMatchObject(refusal);
  limited.append(insert(0));
  await expect(limited.flush()).rejects.toMatchObject(refusal);
  await limited.flush();
  expect(count()).toBe(3_000);
  await sqlite.write([{ sql: "DELETE FROM note WHERE id > 1000" }]);
  await expect(limited.write([insert(0)])).rejects.toMatchObject(refusal);
  clock.advance(1_000);
  await limited.write([insert(0)]);
  limited.append(insert(0));
  await limited.flush();
  expect(count()).toBe(1_002);
});

test("retention goes on with its next statement where the first finds nothing", async () => {
  const { sqlite } = await openNotes();
  const retention = [deleteOldest, deleteOldest.replace("kept = 0", "kept = 1")];
  const limited = enforceQuota(sqlite, { maxBytes, retention });
  await sqlite.write([...many(500, 0), ...many(3_000, 1)]);
  expect(await limited.enforce()).toBeLessThanOrEqual(maxBytes);
  expect(sqlite.read("SELECT DISTINCT kept FROM note")).toEqual([{ kept: 1 }]);
});
