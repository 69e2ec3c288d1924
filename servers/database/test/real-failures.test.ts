import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { findPrograms, type OwnPostgres, startPostgres } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Driver } from "../src/drivers/driver.ts";
import { createPostgresDriver } from "../src/drivers/postgres.ts";
import { type Certificate, type Certificates, makeCertificates } from "./_certificates.ts";

const programs = findPrograms();
if (!programs)
  process.stderr.write("No programs of Postgres are installed: servers that fail are skipped.\n");

const PASSWORD = "right-horse";
const open: Driver[] = [];
const servers: OwnPostgres[] = [];

afterAll(async () => {
  for (const driver of open) await driver.close();
  for (const server of servers) server.stop();
});

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}) {
  const server = await startPostgres({ programs: programs ?? "", ...options });
  servers.push(server);
  return server;
}

function driverFor(url: string, connectionTimeoutMs = 10_000): Driver {
  const driver = createPostgresDriver({
    url,
    maxConnections: 2,
    idleTimeoutMs: 1_000,
    connectionTimeoutMs,
    clock: systemClock,
    log: silentLogger,
  });
  open.push(driver);
  return driver;
}

const ask = async (url: string, sql = "SELECT 1") =>
  (await driverFor(url).use((connection) => connection.run(sql), { timeoutMs: 10_000 })).rows;

const administer = async (server: OwnPostgres, sql: string) => {
  const client = new pg.Client(`${server.url}/postgres`);
  await client.connect();
  await client.query(sql);
  await client.end();
};

describe.skipIf(!programs)("a server that wants TLS and a password", () => {
  let certificates: Certificates;
  let good: OwnPostgres;
  let stale: OwnPostgres;

  beforeAll(async () => {
    certificates = makeCertificates();
    const secured = ({ certificate, key }: Certificate) =>
      start({
        settings: { ssl: "on", password_encryption: "scram-sha-256" },
        files: { "server.crt": certificate, "server.key": key },
        hba: [
          "host all postgres 127.0.0.1/32 trust",
          "hostssl all guest 127.0.0.1/32 scram-sha-256",
        ],
      });
    [good, stale] = await Promise.all([
      secured(certificates.server),
      secured(certificates.expired),
    ]);
    await administer(good, `CREATE ROLE guest LOGIN PASSWORD '${PASSWORD}'`);
  }, 120_000);

  afterAll(() => certificates?.remove());

  function urlOf(
    { port }: OwnPostgres,
    words: string,
    { host = "localhost", password = PASSWORD } = {},
  ) {
    return `postgres://guest:${password}@${host}:${port}/postgres?${words}`;
  }
  const verified = () => `sslmode=verify-full&sslrootcert=${certificates.authority}`;

  test("is reached, its certificate verified, by SCRAM", async () => {
    const [row] = await ask(
      urlOf(good, verified()),
      "SELECT ssl, version LIKE 'TLSv1.%', session_user FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    );
    expect(row).toEqual(["t", "t", "guest"]);
    const bound = urlOf(good, `${verified()}&channel_binding=require`);
    expect(await ask(bound)).toEqual([["1"]]);
    expect(await ask(urlOf(good, "sslmode=require", { host: "127.0.0.1" }))).toEqual([["1"]]);
  });

  test("stops what runs there when the time is over, by TLS too", async () => {
    const driver = driverFor(urlOf(good, verified()));
    const started = performance.now();
    await expect(
      driver.use((connection) => connection.run("SELECT pg_sleep(60)"), { timeoutMs: 300 }),
    ).rejects.toMatchObject({ code: "timeout" });
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  test.each<[string, () => string, RegExp]>([
    [
      "signed by another authority",
      () => urlOf(good, `sslmode=verify-full&sslrootcert=${certificates.stranger}`),
      /not trusted.*sslrootcert=FILE/,
    ],
    [
      "signed by nobody known",
      () => urlOf(good, "sslmode=verify-full"),
      /not trusted.*sslrootcert=FILE/,
    ],
    [
      "of another host",
      () => urlOf(good, verified(), { host: "127.0.0.1" }),
      /not trusted.*(does not match|not in the cert).*sslmode=verify-ca/,
    ],
    ["out of date", () => urlOf(stale, verified()), /expired.*Renew it at the server/],
  ])("a certificate %s is not taken", async (_which, url, words) => {
    await expect(ask(url())).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringMatching(words),
    });
  });

  test("without TLS it refuses, and the message says to ask for it", async () => {
    await expect(ask(urlOf(good, "sslmode=disable"))).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringMatching(/no pg_hba.conf entry.*sslmode=require/),
    });
  });

  test("a wrong password, or none, is told without the password", async () => {
    const wrong = ask(urlOf(good, verified(), { password: "wrong-donkey" }));
    const failure = await wrong.catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "invalid_config" });
    expect(String(failure)).toMatch(/password authentication failed.*Correct user or password/);
    expect(JSON.stringify(failure) + String(failure)).not.toContain("donkey");
    await expect(ask(urlOf(good, verified(), { password: "" }))).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringMatching(/wants a password/),
    });
  });
});

describe.skipIf(!programs)("a server that fails", { timeout: 120_000 }, () => {
  test("has no connection left to give, and then one again", async () => {
    const server = await start({
      settings: { max_connections: "4", superuser_reserved_connections: "0", max_wal_senders: "0" },
    });
    const url = `${server.url}/postgres`;
    const taken = Array.from({ length: 4 }, () => new pg.Client(url));
    await Promise.all(taken.map((client) => client.connect()));
    await expect(ask(url)).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
      message: expect.stringMatching(/no connection left.*max_connections/),
    });
    await Promise.all(taken.map((client) => client.end()));
    await expect.poll(() => ask(url).catch(() => undefined)).toEqual([["1"]]);
    server.stop();
  });

  test("is gone in the middle of a statement, and told at once", async () => {
    const server = await start();
    const driver = driverFor(`${server.url}/postgres`);
    const started = performance.now();
    const work = driver.use(
      async (connection) => {
        await connection.run("SELECT 1");
        setImmediate(() => server.kill());
        await connection.run("SELECT pg_sleep(60)");
      },
      { timeoutMs: 30_000 },
    );
    await expect(work).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/not committed did not happen.*Try again/),
    });
    await expect(ask(`${server.url}/postgres`)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/does not accept connections. Start it/),
    });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test("answers nothing any more, and is left after its time", async () => {
    const server = await start();
    const driver = driverFor(`${server.url}/postgres`);
    let frozen = 0;
    const work = driver.use(
      async (connection) => {
        const answer = await connection.run("SELECT pg_backend_pid()");
        frozen = Number(answer.rows[0]?.[0]);
        process.kill(frozen, "SIGSTOP");
        await connection.run("SELECT 1");
      },
      { timeoutMs: 500 },
    );
    await expect(work).rejects.toMatchObject({ code: "timeout" });
    process.kill(frozen, "SIGCONT");
    expect(await ask(`${server.url}/postgres`)).toEqual([["1"]]);
  });
});
