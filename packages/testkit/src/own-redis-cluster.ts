import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import {
  killNode,
  type OwnRedis,
  type OwnRedisOptions,
  startNode,
  toArguments,
} from "./own-redis.ts";

const run = promisify(execFile);
const NODES = 3;
const READY_MS = 30_000;
/** Below those that systems give to clients; each node has a second port this much above. */
const PORTS = { from: 11_000, to: 22_000, bus: 10_000 };

interface Node {
  readonly port: number;
  readonly folder: string;
  readonly args: readonly string[];
  child: ChildProcess;
}

/** A Redis Cluster of three nodes, to be used as one Redis of a test's own. */
export async function startOwnCluster({ settings = {} }: OwnRedisOptions = {}): Promise<OwnRedis> {
  const root = mkdtempSync(join(tmpdir(), "trestle-redis-cluster-"));
  const nodes: Node[] = [];
  while (nodes.length < NODES) nodes.push(await openNode(root, settings));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const create = ["--cluster", "create", ...addresses, "--cluster-replicas", "0", "--cluster-yes"];
  await run("redis-cli", create);
  await untilReady(nodes);
  const [first, ...others] = addresses;
  const kill = async (): Promise<void> => {
    await Promise.all(nodes.map(({ child }) => killNode(child)));
  };
  const signalAll = (signal: NodeJS.Signals): void => {
    for (const { child } of nodes) child.kill(signal);
  };
  return {
    url: `redis+cluster://${first}?nodes=${others.join(",")}`,
    kill,
    freeze: () => signalAll("SIGSTOP"),
    goOn: () => signalAll("SIGCONT"),
    async restart() {
      await Promise.all(
        nodes.map(async (node) => {
          node.child = await startNode(node.args, node.port);
        }),
      );
      await untilReady(nodes);
    },
    lose() {
      for (const { folder } of nodes) {
        rmSync(join(folder, "appendonlydir"), { recursive: true, force: true });
      }
    },
    async end() {
      await kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function openNode(
  root: string,
  settings: NonNullable<OwnRedisOptions["settings"]>,
): Promise<Node> {
  const port = await freePair();
  const folder = join(root, String(port));
  mkdirSync(folder);
  const all = {
    ...{ port: String(port), bind: "127.0.0.1", dir: folder, save: "", appendonly: "yes" },
    ...{ "cluster-enabled": "yes", "cluster-node-timeout": "2000" },
    ...settings,
  };
  const args = toArguments(all);
  return { port, folder, args, child: await startNode(args, port) };
}

/** All slots are served, as every node knows. */
async function untilReady(nodes: readonly Node[]): Promise<void> {
  for (const { port } of nodes) {
    for (const end = Date.now() + READY_MS; ; await pause(50)) {
      const { stdout } = await run("redis-cli", ["-p", String(port), "cluster", "info"]);
      if (stdout.includes("cluster_state:ok")) break;
      if (Date.now() > end) throw new Error(`The cluster was not ready within ${READY_MS} ms.`);
    }
  }
}

async function freePair(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if ((await isFree(port)) && (await isFree(port + PORTS.bus))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const opened = await Promise.race([
    once(server, "listening").then(() => true),
    once(server, "error").then(() => false),
  ]).catch(() => false);
  server.close();
  return opened;
}
