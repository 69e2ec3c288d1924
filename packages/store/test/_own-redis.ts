import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, onTestFinished } from "vitest";
import { openRedis, type RedisLink } from "../src/redis/index.ts";

export type OwnRedis = Awaited<ReturnType<typeof startOwnRedis>>;

/**
 * A Redis of the test's own, which it may stop and kill. It keeps what it has over a restart. The testkit has one for
 * all others: it stands on the server kit, which stands on this package.
 */
export async function startOwnRedis(...more: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "trestle-redis-"));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await start({ port, folder, url, more });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    url,
    kill,
    freeze: () => child.kill("SIGSTOP"),
    goOn: () => child.kill("SIGCONT"),
    async restart() {
      child = await start({ port, folder, url, more });
    },
    async end() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(how: { port: number; folder: string; url: string; more: readonly string[] }) {
  const { port, folder, url, more } = how;
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const child = spawn("redis-server", [...settings, "--appendonly", "yes", ...more], {
    stdio: "ignore",
  });
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  while ((await redis.ping().catch(() => "")) !== "PONG") await pause(20);
  redis.disconnect();
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

let shared: Promise<OwnRedis> | undefined;
let opened = 0;

/** One Redis for the tests of a file that do nothing to it. */
export function sharedRedis(): Promise<OwnRedis> {
  shared ??= startOwnRedis();
  return shared;
}

afterAll(async () => (await shared)?.end());

/** Two ways to one Redis, as two processes have them, with nothing in it yet. */
export async function openRedisTwice(redis?: OwnRedis): Promise<[RedisLink, RedisLink]> {
  const { url } = redis ?? (await sharedRedis());
  opened += 1;
  const prefix = `test${opened}`;
  const one = await openRedis({ url, prefix });
  const other = await openRedis({ url, prefix });
  onTestFinished(async () => {
    await Promise.all([one.close(), other.close()]);
  });
  return [one, other];
}
