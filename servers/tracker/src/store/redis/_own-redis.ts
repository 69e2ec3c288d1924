import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";

/** A Redis of the test's own, which it may stop and kill. It keeps what it has over a restart. */
export async function startOwnRedis() {
  const folder = mkdtempSync(join(tmpdir(), "trestle-redis-"));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await start(port, folder, url);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url,
    kill,
    stop: () => child.kill("SIGSTOP"),
    goOn: () => child.kill("SIGCONT"),
    async restart() {
      child = await start(port, folder, url);
    },
  };
}

async function start(port: number, folder: string, url: string) {
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const child = spawn(
    "redis-server",
    [...settings, "--appendonly", "yes", "--appendfsync", "always"],
    {
      stdio: "ignore",
    },
  );
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  while ((await redis.ping().catch(() => "")) !== "PONG") await pause(20);
  redis.disconnect();
  return child;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
