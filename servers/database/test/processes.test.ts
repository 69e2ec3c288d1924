import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";
import { type DatabaseProcess, startProcess } from "./_start-process.ts";

const folder = temporaryFolder();
const processes: DatabaseProcess[] = [];

function start(dataDir = folder.path): DatabaseProcess {
  const started = startProcess(dataDir);
  processes.push(started);
  return started;
}

beforeAll(async () => {
  await start().script("CREATE TABLE note (n int PRIMARY KEY)");
}, 60_000);

afterAll(async () => {
  for (const { child } of processes) child.kill("SIGKILL");
  folder.remove();
});

test("several processes read and write one folder at once", async () => {
  const [first] = processes;
  const [second, third] = [start(), start()];
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      [first, second, third][n % 3]?.script(`INSERT INTO note VALUES (${n})`),
    ),
  );
  for (const process of [first, second, third]) {
    const answer = await process?.query("SELECT count(*) AS notes FROM note");
    expect(answer).toMatchObject({ rows: [{ notes: 30 }] });
  }
  expect(await second.end()).toBe(0);
  expect(await third.end()).toBe(0);
});

test("when the owner is killed in the middle of a query, the others go on and nothing written is lost", async () => {
  const [owner] = processes;
  const joined = start();
  await joined.script("INSERT INTO note VALUES (1000)");
  const long = joined.query("SELECT count(*) AS n FROM note, pg_sleep(1)");
  const written = await owner?.query("SELECT count(*) AS notes FROM note");
  expect(written).toMatchObject({ rows: [{ notes: 31 }] });
  const again = joined.query("SELECT n FROM note, pg_sleep(0.5) WHERE n = 1000");
  owner?.child.kill("SIGKILL");
  if (owner) await once(owner.child, "exit");
  expect(await long).toMatchObject({ rows: [{ n: 31 }] });
  expect(await again).toMatchObject({ rows: [{ n: 1000 }] });
  expect(await joined.query("SELECT count(*) AS notes FROM note")).toMatchObject({
    rows: [{ notes: 31 }],
  });
  expect(await joined.end()).toBe(0);
});

test("a process that is killed while it makes the database leaves a folder that opens", async () => {
  const fresh = temporaryFolder();
  const first = start(fresh.path);
  void first.query("SELECT 1");
  await expect
    .poll(() => existsSync(`${fresh.path}/postgres.new/global`), {
      timeout: 15_000,
    })
    .toBe(true);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const second = start(fresh.path);
  expect(await second.query("SELECT 1 AS one")).toMatchObject({ rows: [{ one: 1 }] });
  expect(await second.end()).toBe(0);
  fresh.remove();
}, 60_000);
