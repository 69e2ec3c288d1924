import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Below those that systems give to clients; each node has a second port this much above. */
const PORTS = { from: 11_000, count: 11_000, bus: 10_000 };

export interface OwnCluster {
  readonly url: string;
  end(): Promise<void>;
}

/** A Redis Cluster of three nodes of the test's own, as the testkit has one for those that may depend on it. */
export async function startOwnCluster(): Promise<OwnCluster> {
  const root = mkdtempSync(join(tmpdir(), "trestle-redis-cluster-"));
  const nodes: { readonly port: number; readonly child: ChildProcess }[] = [];
  while (nodes.length < 3) nodes.push(await startNode(root));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  for (const { port } of nodes) await untilSays(port, ["ping"], "PONG");
  const how = ["--cluster-replicas", "0", "--cluster-yes"];
  await run("redis-cli", ["--cluster", "create", ...addresses, ...how]);
  for (const { port } of nodes) await untilSays(port, ["cluster", "info"], "cluster_state:ok");
  const [first, ...others] = addresses;
  return {
    url: `redis+cluster://${first}?nodes=${others.join(",")}`,
    async end() {
      const exits = nodes.map(({ child }) => once(child, "exit"));
      for (const { child } of nodes) child.kill("SIGKILL");
      await Promise.all(exits);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function startNode(root: string): Promise<{ port: number; child: ChildProcess }> {
  let port = 0;
  do port = PORTS.from + Math.floor(Math.random() * PORTS.count);
  while (!((await isFree(port)) && (await isFree(port + PORTS.bus))));
  const folder = join(root, String(port));
  mkdirSync(folder);
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const child = spawn("redis-server", [...where, "--cluster-enabled", "yes"], { stdio: "ignore" });
  return { port, child };
}

async function untilSays(port: number, question: string[], answer: string): Promise<void> {
  for (;;) {
    const asked = run("redis-cli", ["-p", String(port), ...question]);
    if ((await asked.catch(() => ({ stdout: "" }))).stdout.includes(answer)) return;
    await pause(50);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const opened = new Promise<boolean>((resolve) => {
    server.once("listening", () => resolve(true));
    server.once("error", () => resolve(false));
  });
  server.listen(port, "127.0.0.1");
  const isOpen = await opened;
  server.close();
  return isOpen;
}
