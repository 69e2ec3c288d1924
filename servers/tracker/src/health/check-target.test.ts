import { spawn } from "node:child_process";
import { once } from "node:events";
import { utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { silentLogger, systemClock } from "@trestle/protocol";
import { faultyCommand } from "@trestle/testkit";
import { hasLocalPostgres, LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createProcessRegistry } from "@trestle/upstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTarget } from "./check-target.ts";
import { healthSchema } from "./config.ts";

const processes = createProcessRegistry({ log: silentLogger });
const upstream = {
  ...{ log: silentLogger, clock: systemClock, processes },
  clientInfo: { name: "health", version: "0" },
};
const REDIS = process.env.TRESTLE_TEST_REDIS ?? "redis://127.0.0.1:6379";
const withPostgres = await hasLocalPostgres();
const withRedis =
  (await check({ kind: "tcp", host: new URL(REDIS).hostname, port: Number(new URL(REDIS).port) }))
    .level === "up";
if (!withRedis)
  process.stderr.write(`There is no Redis at ${REDIS}. Tests that need one are skipped.\n`);

/** Accepts connections and never says a word. */
let silent: Server;
let silentPort = 0;
/** A port at which nobody listens. */
let deadPort = 0;
const web = createServer((request, response) => {
  if (request.url === "/hang") return;
  if (request.url === "/away") response.setHeader("location", `http://127.0.0.1:${deadPort}/`);
  if (request.url === "/on") response.setHeader("location", "/503");
  const isMoved = response.hasHeader("location");
  response.statusCode = isMoved ? 302 : Number(request.url?.slice(1)) || 200;
  response.end("all is well");
});
let url = "";

beforeAll(async () => {
  silent = createTcpServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  silentPort = (silent.address() as AddressInfo).port;
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const gone = createTcpServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  deadPort = (gone.address() as AddressInfo).port;
  gone.close();
});

afterAll(async () => {
  silent.close();
  web.closeAllConnections();
  web.close();
  await processes.close();
});

function check(target: object) {
  const { targets } = healthSchema.parse({
    targets: [{ name: "x", timeoutMs: 20_000, ...target }],
  });
  const [parsed] = targets;
  if (parsed === undefined) throw new Error("no target");
  const agentSeenAt = async (agent: string) =>
    agent === "web1" ? systemClock.now() - 60_000 : undefined;
  return checkTarget(parsed, { clock: systemClock, upstream, agentSeenAt });
}

test("HTTP: the status and what the answer holds decide", async () => {
  const http = (path: string, more = {}) => check({ kind: "http", url: `${url}${path}`, ...more });
  expect(await http("/")).toMatchObject({ level: "up", detail: "HTTP 200" });
  expect(await http("/503")).toMatchObject({ level: "down", detail: "It answered HTTP 503." });
  expect(await http("/503", { status: [503] })).toMatchObject({ level: "up" });
  expect(await http("/", { contains: "well" })).toMatchObject({ level: "up" });
  expect(await http("/", { contains: "nope" })).toMatchObject({
    level: "down",
    detail: 'Its answer does not hold "nope".',
  });
});

test("HTTP: a redirect is followed on the same host, and never to an address that nobody configured", async () => {
  const http = (path: string) => check({ kind: "http", url: `${url}${path}` });
  expect(await http("/on")).toMatchObject({ level: "down", detail: "It answered HTTP 503." });
  expect(await http("/away")).toMatchObject({ level: "up", detail: "HTTP 302" });
});

test("what listens to nobody is down, with the reason", async () => {
  const reasons = await Promise.all([
    check({ kind: "http", url: `http://127.0.0.1:${deadPort}/` }),
    check({ kind: "tcp", host: "127.0.0.1", port: deadPort }),
    check({ kind: "redis", url: `redis://user:hunter2@127.0.0.1:${deadPort}` }),
    check({ kind: "postgres", url: `postgres://user:hunter2@127.0.0.1:${deadPort}/x` }),
    check({ kind: "mcp", url: `http://127.0.0.1:${deadPort}/mcp` }),
  ]);
  for (const { level, detail } of reasons) {
    expect(level).toBe("down");
    expect(detail).toMatch(/ECONNREFUSED|refused|connect/i);
    expect(detail).not.toContain("hunter2");
  }
});

test("what hangs is down when its time is over", async () => {
  const hanging = [
    { kind: "http", url: `${url}/hang` },
    { kind: "redis", url: `redis://127.0.0.1:${silentPort}` },
    { kind: "postgres", url: `postgres://127.0.0.1:${silentPort}/x` },
    { kind: "mcp", url: `http://127.0.0.1:${silentPort}/mcp` },
  ];
  const started = performance.now();
  const results = await Promise.all(hanging.map((target) => check({ ...target, timeoutMs: 300 })));
  expect(results.map(({ level }) => level)).toEqual(["down", "down", "down", "down"]);
  expect(results[0]?.detail).toBe("It did not answer within 300 ms.");
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("TCP: it is enough to accept", async () => {
  expect(await check({ kind: "tcp", host: "127.0.0.1", port: silentPort })).toMatchObject({
    level: "up",
  });
});

test("what is slow is degraded", async () => {
  const result = await check({ kind: "http", url, slowMs: 1, timeoutMs: 20_000 });
  // A quick machine may be as quick as that.
  expect(result.level).toBe(result.latencyMs > 1 ? "degraded" : "up");
});

test.skipIf(!withRedis)("Redis answers with what it is", async () => {
  const result = await check({ kind: "redis", url: REDIS });
  expect(result).toMatchObject({
    level: "up",
    detail: "It answers as master.",
    facts: { role: "master" },
  });
});

test.skipIf(!withPostgres)("Postgres answers with what it is", async () => {
  const result = await check({ kind: "postgres", url: `${LOCAL_POSTGRES}/postgres` });
  expect(result).toMatchObject({
    level: "up",
    detail: "It answers as primary.",
    facts: { replica: false },
  });
  const none = await check({ kind: "postgres", url: `${LOCAL_POSTGRES}/there_is_none` });
  expect(none).toMatchObject({ level: "down", detail: expect.stringContaining("there_is_none") });
});

test("an MCP server is started, asked who it is and ended", async () => {
  const folder = temporaryFolder();
  const { command, args } = faultyCommand({ root: folder, name: "probed" });
  const result = await check({ kind: "mcp", command, args, timeoutMs: 50_000 });
  expect(result).toMatchObject({ level: "up", detail: expect.stringMatching(/^It speaks MCP 20/) });
  expect(processes.list()).toEqual([]);
  expect(await check({ kind: "mcp", command: join(folder, "no-program") })).toMatchObject({
    level: "down",
  });
});

test("a process is found by its command line or pid file until it ends", async () => {
  const folder = temporaryFolder();
  const mark = `trestle-probe-${process.pid}`;
  const pidFile = join(folder, "pid");
  const child = spawn("sh", ["-c", "sleep 600 & trap 'kill $!; exit' TERM; wait", mark], {
    stdio: "ignore",
  });
  await once(child, "spawn");
  writeFileSync(pidFile, `${child.pid}\n`);
  expect(await check({ kind: "process", pidFile })).toMatchObject({
    level: "up",
    facts: { pids: [child.pid] },
  });
  child.kill();
  await once(child, "exit");
  expect(await check({ kind: "process", pidFile })).toMatchObject({
    level: "down",
    detail: "0 running, of 1 that there must be.",
  });
  expect(await check({ kind: "process", command: `${mark}-none` })).toMatchObject({
    level: "down",
  });
  // Whatever started us is neither we nor of us.
  expect(await check({ kind: "process", command: "node" })).toMatchObject({ level: "up" });
  expect(await check({ kind: "process", pidFile: join(folder, "none") })).toMatchObject({
    level: "down",
    detail: expect.stringContaining("ENOENT"),
  });
});

test("a disk is judged by what is free", async () => {
  const folder = temporaryFolder();
  const disk = (more: object) => check({ kind: "disk", path: folder, ...more });
  expect(await disk({ leastFreePercent: 0, warnFreePercent: 0 })).toMatchObject({ level: "up" });
  expect(await disk({ leastFreePercent: 0, warnFreePercent: 100 })).toMatchObject({
    level: "degraded",
  });
  expect(await disk({ leastFreePercent: 100 })).toMatchObject({
    level: "down",
    facts: { freePercent: expect.any(Number) },
  });
});

test("an agent that is silent too long, or was never heard of, is down", async () => {
  const heard = (agent: string, more = {}) => check({ kind: "agent", agent, ...more });
  expect(await heard("web1")).toMatchObject({ level: "up" });
  expect(await heard("web1", { mostSilentMs: 30_000 })).toMatchObject({
    level: "down",
    detail: "Last heard of 60 s ago.",
  });
  expect(await heard("web2")).toMatchObject({
    level: "down",
    detail: "The agent web2 was never heard of.",
  });
});

test("a log that is silent too long is down", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "app.log");
  writeFileSync(path, "x");
  const silence = () => check({ kind: "log-silence", path, mostSilentMs: 600_000 });
  expect(await silence()).toMatchObject({ level: "up" });
  utimesSync(path, new Date(), new Date(Date.now() - 3_600_000));
  expect(await silence()).toMatchObject({ level: "down", detail: "Last written 3600 s ago." });
});
