import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";

/** A Redis of the test's own that keeps nothing on a disk: whenever it ends, everything in it is lost. */
export async function startOwnRedis() {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await start(port, url);
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(end);
  return {
    url,
    async restart() {
      await end();
      child = await start(port, url);
    },
    async flush() {
      const redis = new Redis(url, { maxRetriesPerRequest: 3 });
      await redis.flushall();
      redis.disconnect();
    },
  };
}

async function start(port: number, url: string) {
  const settings = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
  ];
  const child = spawn("redis-server", settings, { stdio: "ignore" });
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
