import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { silentLogger, systemClock } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Driver } from "../src/drivers/driver.ts";
import { createPostgresDriver } from "../src/drivers/postgres.ts";
import type { WireClient } from "../src/drivers/wire-connection.ts";
import { createTestDatabase, type TestDatabase } from "./driver-contract/_postgres.ts";

const PASSWORD = "s3cret-pass%2Fword";
let testDatabase: TestDatabase;
const open: Driver[] = [];
const listening: Server[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});

afterAll(async () => {
  for (const driver of open) await driver.close();
  for (const server of listening) server.close();
  await testDatabase.drop();
});

function driverFor(
  url: string,
  changes: { maxConnections?: number; waitMs?: number } = {},
): Driver {
  const driver = createPostgresDriver({
    url,
    maxConnections: changes.maxConnections ?? 2,
    idleTimeoutMs: 1_000,
    connectionTimeoutMs: changes.waitMs ?? 10_000,
    clock: systemClock,
    log: silentLogger,
  });
  open.push(driver);
  return driver;
}

function changed(change: (url: URL) => void): string {
  const url = new URL(testDatabase.url);
  url.password = PASSWORD;
  change(url);
  return url.href;
}

const look = (driver: Driver) =>
  driver.use((connection) => connection.run("SELECT 1"), { timeoutMs: 10_000 });

async function failureOf(url: string, changes?: { waitMs?: number }): Promise<Error> {
  const failure = await look(driverFor(url, changes)).then(
    () => undefined,
    (error: Error) => error,
  );
  expect(failure).toBeInstanceOf(Error);
  expect(`${failure?.message} ${JSON.stringify(failure)}`).not.toMatch(/s3cret|postgres:\/\/[^*]/);
  return failure as Error;
}

/** Something that listens and answers as it is told. */
async function startListener(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  listening.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The message by which a server refuses. */
function refusal(sqlState: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

test("nobody listens", async () => {
  const port = await startListener(() => {});
  const server = listening.pop();
  server?.close();
  const failure = await failureOf(
    changed((url) => {
      url.port = String(port);
    }),
  );
  expect(failure).toMatchObject({ code: "unavailable", retryable: true });
  expect(failure.message).toMatch(/does not accept connections.*DATABASE_URL/);
});

test("a server that says nothing is given up", async () => {
  const port = await startListener(() => {});
  const silent = changed((url) => {
    url.port = String(port);
  });
  const failure = await failureOf(silent, { waitMs: 200 });
  expect(failure).toMatchObject({ code: "unavailable", retryable: true });
  expect(failure.message).toMatch(/0\.2 s.*DATABASE_CONNECTION_TIMEOUT_MS/);
});

test("a host that does not exist", async () => {
  const failure = await failureOf(
    changed((url) => {
      url.hostname = "nowhere.invalid";
    }),
  );
  expect(failure.message).toMatch(/nowhere\.invalid:\d+ (is not known|can not be looked up)/);
});

test("a database that does not exist", async () => {
  const failure = await failureOf(
    changed((url) => {
      url.pathname = "/nowhere";
    }),
  );
  expect(failure).toMatchObject({ code: "invalid_config", retryable: false });
  expect(failure.message).toMatch(/"nowhere" does not exist.*DATABASE_URL/);
});

test.each([
  ["28P01", 'password authentication failed for user "u"', "invalid_config", /user or password/],
  ["28000", "no pg_hba.conf entry", "invalid_config", /pg_hba/],
  ["53300", "sorry, too many clients already", "unavailable", /DATABASE_MAX_CONNECTIONS/],
  ["57P03", "the database system is starting up", "unavailable", /not ready/],
])("a server that refuses with %s", async (sqlState, message, code, words) => {
  const port = await startListener((socket) => socket.end(refusal(sqlState, message)));
  const failure = await failureOf(
    changed((url) => {
      url.port = String(port);
    }),
  );
  expect(failure).toMatchObject({ code, message: expect.stringMatching(words) });
});

test("a real role has no connection left", async () => {
  const role = `trestle_${randomUUID().slice(0, 8)}`;
  await testDatabase.look(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 1`);
  const url = changed((it) => {
    it.username = role;
  });
  const first = driverFor(url);
  await first.use(
    async (connection) => {
      await connection.run("SELECT 1");
      expect(await failureOf(url)).toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("no connection left"),
      });
    },
    { timeoutMs: 10_000 },
  );
  await first.close();
  await testDatabase.look(`DROP ROLE ${role}`);
});

test("a server without TLS is refused where TLS is asked for, and taken where it is preferred", async () => {
  const port = await startListener((socket) => socket.write("N"));
  const failure = await failureOf(
    changed((url) => {
      url.port = String(port);
      url.searchParams.set("sslmode", "require");
    }),
  );
  expect(failure).toMatchObject({ code: "invalid_config" });
  expect(failure.message).toMatch(/does not offer TLS.*sslmode=disable/);
  const preferring = changed((url) => {
    url.searchParams.set("sslmode", "prefer");
  });
  expect((await look(driverFor(preferring))).rows).toEqual([["1"]]);
});

test("an address that can not be read, or an sslmode that does not exist, is told without its words", () => {
  expect(() => driverFor("postgres://user:s3cret@ho st/x")).toThrow(/percent-encoded/);
  expect(() => driverFor("postgres://user:s3cret@host/x?sslmode=sure")).toThrow(/one of disable/);
  try {
    driverFor("postgres://user:s3cr%et@host/x");
  } catch (error) {
    expect(String(error)).not.toContain("s3cr");
  }
});

test("every connection is busy", async () => {
  const driver = driverFor(testDatabase.url, { maxConnections: 1, waitMs: 200 });
  await driver.use(
    async () => {
      await expect(look(driver)).rejects.toMatchObject({
        code: "unavailable",
        retryable: true,
        message: expect.stringMatching(/All 1 connections.*DATABASE_MAX_CONNECTIONS/),
      });
    },
    { timeoutMs: 10_000 },
  );
});

test("a statement whose caller left is stopped at the server", async () => {
  const mark = `mark_${randomUUID()}`;
  const running = async () => {
    const [row] = await testDatabase.look<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()",
      [`%${mark}%`],
    );
    return row?.n;
  };
  const controller = new AbortController();
  const driver = driverFor(testDatabase.url);
  const work = driver.use((connection) => connection.run(`SELECT pg_sleep(60) /* ${mark} */`), {
    timeoutMs: 60_000,
    signal: controller.signal,
  });
  const ended = expect(work).rejects.toMatchObject({ code: "cancelled" });
  await expect.poll(running, { timeout: 10_000 }).toBe(1);
  controller.abort();
  await ended;
  await expect.poll(running, { timeout: 10_000 }).toBe(0);
});

/** The server takes its time to make a value: a gigabyte only where every round is taken. */
const HUGE = process.env.ROUNDS === undefined ? 300_000_000 : 1_000_000_000;

test("a value of up to a gigabyte is refused by its first bytes, and this process stays small", async () => {
  const driver = driverFor(testDatabase.url);
  const before = process.memoryUsage().rss;
  let received = 0;
  let first = 0;
  const work = driver.use(
    async (connection) => {
      const { stream } = (connection.client as unknown as WireClient).connection;
      stream.on("data", (chunk) => {
        first ||= performance.now();
        received += chunk.length;
      });
      await connection.run(`SELECT repeat('x', ${HUGE})`);
    },
    { timeoutMs: 110_000 },
  );
  await expect(work).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("substr"),
  });
  expect(performance.now() - first).toBeLessThan(2_000);
  expect(received).toBeLessThan(2_000_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  expect((await look(driver)).rows).toEqual([["1"]]);
}, 120_000);

test("rows of a gigabyte are refused once they are too many, and the server makes no more", async () => {
  const driver = driverFor(testDatabase.url);
  const rows = "SELECT repeat('x', 1000000) FROM generate_series(1, 1000)";
  const work = driver.use((connection) => connection.run(rows), { timeoutMs: 60_000 });
  await expect(work).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("LIMIT"),
  });
  const running = async () =>
    (
      await testDatabase.look(
        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = $1",
        [rows],
      )
    ).length;
  await expect.poll(running, { timeout: 10_000 }).toBe(0);
  expect((await look(driver)).rows).toEqual([["1"]]);
});
