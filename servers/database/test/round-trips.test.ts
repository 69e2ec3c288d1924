import { silentLogger, systemClock } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Driver } from "../src/drivers/driver.ts";
import { createPostgresDriver } from "../src/drivers/postgres.ts";
import { createGuard } from "../src/guard/guard.ts";
import { createDatabase } from "../src/postgres/create-database.ts";
import { createTestDatabase, type TestDatabase } from "./driver-contract/_postgres.ts";

let server: TestDatabase;
let driver: Driver;

beforeAll(async () => {
  server = await createTestDatabase();
  const pool = { maxConnections: 1, idleTimeoutMs: 60_000, connectionTimeoutMs: 10_000 };
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

test("a read costs two round trips more than the bare statement", async () => {
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
  const before = answers;
  for (let count = 0; count < 5; count += 1) await read();
  await driver.use(async () => {}, { timeoutMs: 10_000 });
  // Nobody waits for the last one, which makes the connection clean for the next.
  const trips = { begin: 1, statement: 1, rollback: 1, clean: 1 };
  const expected = Object.values(trips).reduce((sum, trip) => sum + trip) * 5;
  expect(answers - before).toBeGreaterThanOrEqual(expected);
  expect(answers - before).toBeLessThanOrEqual(expected + 2);
});
