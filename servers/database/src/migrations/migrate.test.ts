import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openLocal } from "../structure/_catalogs.ts";
import { readMigrations } from "./file.ts";
import { migrate } from "./migrate.ts";
import { problemsOf, readApplied, statusOf } from "./status.ts";

const here = await hasLocalPostgres();
let database: Awaited<ReturnType<typeof openLocal>>;
let folder: string;

beforeAll(async () => {
  if (here) database = await openLocal();
});

beforeEach(async () => {
  folder = temporaryFolder();
  await database?.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
});

afterAll(() => database?.close());

function write(name: string, up: string, down?: string): void {
  const sections = [
    "-- Up Migration",
    up,
    ...(down === undefined ? [] : ["-- Down Migration", down]),
  ];
  writeFileSync(join(folder, `${name}.sql`), sections.join("\n"));
}

async function run(direction: "up" | "down" = "up", count = Number.POSITIVE_INFINITY) {
  const all = await readMigrations(folder);
  const applied = (await readApplied(database)).map(({ name }) => name);
  const open =
    direction === "up"
      ? all.filter(({ name }) => !applied.includes(name))
      : applied.toReversed().flatMap((name) => all.filter((each) => each.name === name));
  const migrations = open.slice(0, count);
  return migrate(database, {
    ...{ folder, direction, all, migrations, clock: systemClock, timeoutMs: 60_000 },
  });
}

async function tables(): Promise<string[]> {
  const { rows } = await database.read((connection) =>
    connection.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"),
  );
  return rows.map(([name]) => name ?? "").filter((name) => name !== "pgmigrations");
}

const applied = async () => (await readApplied(database)).map(({ name }) => name);

describe.runIf(here)("migrations", () => {
  test("run in order, are remembered, and go back in the opposite order", async () => {
    write("1_guest", "CREATE TABLE guest (id int);", "DROP TABLE guest;");
    write("2_room", "CREATE TABLE room (id int); INSERT INTO room VALUES (1);", "DROP TABLE room;");
    expect((await run()).map(({ name }) => name)).toEqual(["1_guest", "2_room"]);
    expect(await run()).toEqual([]);
    expect(await tables()).toEqual(["guest", "room"]);
    expect(await run("down", 1)).toMatchObject([{ name: "2_room" }]);
    expect(await tables()).toEqual(["guest"]);
    expect(await applied()).toEqual(["1_guest"]);
  });

  test("one that fails takes back all of its run, and is named with the place", async () => {
    write("1_guest", "CREATE TABLE guest (id int);");
    write("2_bad", "CREATE TABLE room (id int);\nINSERT INTO nowhere VALUES (1);");
    const error = await run().catch((failure) => failure);
    expect(error).toMatchObject({ code: "not_found", details: { migration: "2_bad" } });
    expect(error.message).toMatch(/^Migration 2_bad failed.*"nowhere" does not exist/);
    expect(await tables()).toEqual([]);
    expect(await applied()).toEqual([]);
  });

  test("one that says so runs outside a transaction, and what came before it stays", async () => {
    write("1_guest", "CREATE TABLE guest (id int);");
    write("2_index", "-- no transaction\nCREATE INDEX CONCURRENTLY guest_id ON guest (id);");
    write("3_bad", "SELECT 1 / 0;");
    const error = await run().catch((failure) => failure);
    expect(error.message).toMatch(
      /^Migration 3_bad failed.*Applied before it: 1_guest, 2_index\.$/,
    );
    expect(await applied()).toEqual(["1_guest", "2_index"]);
  });

  test("a file that comes too late in the order is told, and runs nothing", async () => {
    write("2_b", "CREATE TABLE b (id int);");
    await run();
    write("1_a", "CREATE TABLE a (id int);");
    await expect(run()).rejects.toThrow("give 1_a a number after the last");
    const status = statusOf(await readMigrations(folder), await readApplied(database));
    expect(status).toMatchObject([
      { name: "1_a", state: "late" },
      { name: "2_b", state: "applied" },
    ]);
    expect(problemsOf(status)[0]).toContain("1_a");
    expect(await tables()).toEqual(["b"]);
  });

  test("an applied one whose file is gone is told", async () => {
    write("1_a", "CREATE TABLE a (id int);");
    await run();
    rmSync(join(folder, "1_a.sql"));
    const status = statusOf(await readMigrations(folder), await readApplied(database));
    expect(status).toMatchObject([{ name: "1_a", state: "missing", canRollBack: false }]);
    expect(status[0]?.appliedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
    expect(problemsOf(status)).toHaveLength(1);
  });

  test("what was read is what runs, also where the file changes meanwhile", async () => {
    write("1_a", "CREATE TABLE a (id int);");
    const all = await readMigrations(folder);
    write("1_a", "CREATE TABLE evil (id int);");
    await migrate(database, {
      ...{ folder, direction: "up", all, migrations: all, clock: systemClock, timeoutMs: 60_000 },
    });
    expect(await tables()).toEqual(["a"]);
    write("2_b", "SELECT 1");
    write("3_new", "SELECT 1");
    const known = (await readMigrations(folder)).filter(({ name }) => name !== "3_new");
    const attempt = migrate(database, {
      ...{ folder, direction: "up", all: known, clock: systemClock, timeoutMs: 60_000 },
      migrations: known.slice(1),
    });
    await expect(attempt).rejects.toThrow("3_new came into the folder");
    renameSync(join(folder, "3_new.sql"), join(folder, "3_new.txt"));
  });

  test("two at once: one runs, the other is told to wait, and nothing is applied twice", async () => {
    write("1_slow", "SELECT pg_sleep(0.3); CREATE TABLE once (id int);");
    const [first, second] = await Promise.allSettled([run(), run()]);
    const failures = [first, second].filter(({ status }) => status === "rejected");
    expect(failures).toMatchObject([{ reason: { code: "conflict", retryable: true } }]);
    expect(await applied()).toEqual(["1_slow"]);
  });

  test("a role that may not keep the list of migrations is told what it needs", async () => {
    await database.script("REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE ROLE trestle_nobody_1");
    write("1_a", "SELECT 1");
    try {
      const limited = {
        session: ((work, options) =>
          database.session(async (connection) => {
            await connection.script("SET ROLE trestle_nobody_1");
            return work(connection);
          }, options)) as typeof database.session,
      };
      const all = await readMigrations(folder);
      const attempt = migrate(limited, {
        ...{ folder, direction: "up", all, migrations: all, clock: systemClock, timeoutMs: 60_000 },
      });
      await expect(attempt).rejects.toMatchObject({
        code: "denied",
        message: expect.stringContaining("CREATE on the schema public"),
      });
    } finally {
      await database.script("DROP ROLE trestle_nobody_1");
    }
  });

  test("killed in the middle, it is applied and remembered, or neither", async () => {
    const random = seededRandom();
    const url = await urlOf();
    for (let round = 1; round <= random.rounds(4); round += 1) {
      write(`${round}_a`, `CREATE TABLE a${round} (id int); SELECT pg_sleep(0.05);`);
      write(`${round}_b`, `CREATE TABLE b${round} (id int); SELECT pg_sleep(0.05);`);
      await killAfter(url, random.below(140));
      await untilNoticed();
      const both = [`a${round}`, `b${round}`];
      const made = (await tables()).filter((name) => both.includes(name));
      const told = (await applied()).filter((name) => name.startsWith(`${round}_`));
      expect(told).toHaveLength(made.length);
      expect([0, 2]).toContain(made.length);
      await run();
      expect((await tables()).filter((name) => both.includes(name))).toEqual(both);
    }
  }, 60_000);
});

async function urlOf(): Promise<string> {
  const { rows } = await database.read((connection) => connection.run("SELECT current_database()"));
  return `postgres://postgres@127.0.0.1:5432/${rows[0]?.[0]}`;
}

/** Until the server has noticed that the killed process is gone: its lock is free then. */
async function untilNoticed(): Promise<void> {
  const locks = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const count = () => database.read((connection) => connection.run(locks));
  const end = performance.now() + 25_000;
  while ((await count()).rows[0]?.[0] !== "0")
    if (performance.now() > end) throw new Error("The session of a killed process lives on.");
}

/** Kills the process that many milliseconds after its first migration began. */
async function killAfter(url: string, ms: number): Promise<void> {
  const program = fileURLToPath(new URL("./_migrate-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, url, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  createInterface({ input: child.stdout }).once("line", () =>
    setTimeout(() => child.kill("SIGKILL"), ms),
  );
  await exit;
}
