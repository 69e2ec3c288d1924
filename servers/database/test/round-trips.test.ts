import { type Clock, silentLogger, systemClock } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Driver } from "../src/drivers/driver.ts";
import { createPostgresDriver } from "../src/drivers/postgres.ts";
import { createGuard } from "../src/guard/guard.ts";
import { createDatabase } from "../src/postgres/create-database.ts";
import { createTestDatabase, type TestDatabase } from "./driver-contract/_postgres.ts";

const pool = { maxConnections: 1, idleTimeoutMs: 60_000, connectionTimeoutMs: 10_000 };
let server: TestDatabase;
let driver: Driver;

beforeAll(async () => {
  server = await createTestDatabase();
  driver = createPostgresDriver({
    ...pool,
    url: server.url,
    clock: systemClock,
    log: silentLogger,
  });
});

afterAll(async () => {
  await driver.close();
  await server.drop();
});

test("a read is two round trips, with all that makes its connection clean", async () => {
  const database = createDatabase({ driver, guard: createGuard({ mode: "read-only" }) });
  const read = () => database.query("SELECT 1 AS one, $1::text AS two", ["x"]);
  await read();
  let answers = 0;
  await driver.use(
    async ({ client }) => {
      // The pool has one connection: the reads that follow are on this one.
      const { connection } = client as unknown as {
        connection: { on(event: "readyForQuery", count: () => void): void };
      };
      connection.on("readyForQuery", () => {
        answers += 1;
      });
    },
    { timeoutMs: 10_000 },
  );
  const idle = () => expect.poll(() => driver.connections()).toMatchObject({ open: 1, idle: 1 });
  await idle();
  const before = answers;
  for (let count = 0; count < 5; count += 1) await read();
  await idle();
  expect(answers - before).toBe(2 * 5);
});

test("the server's own bounds hold for the statement that begins its transaction", async () => {
  const stopped: Clock = { ...systemClock, after: () => () => {} };
  const unwatched = createPostgresDriver({
    ...pool,
    url: server.url,
    clock: stopped,
    log: silentLogger,
  });
  const database = createDatabase({ driver: unwatched, guard: createGuard({ mode: "read-only" }) });
  const asked =
    "SELECT name, setting FROM pg_settings WHERE name LIKE '%\\_timeout' AND setting::int > 0";
  const { rows } = await database.query(`${asked} ORDER BY name`, [], { timeoutMs: 2_000 });
  const bounds = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  expect(bounds).toMatchObject({
    idle_in_transaction_session_timeout: "7000",
    lock_timeout: "1800",
    statement_timeout: "3000",
  });
  const slow = database.query("SELECT pg_sleep(60)", [], { timeoutMs: 1 });
  await expect(slow).rejects.toMatchObject({ code: "timeout", details: { sqlState: "57014" } });
  await unwatched.close();
});
