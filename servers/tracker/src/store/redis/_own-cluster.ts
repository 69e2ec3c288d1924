import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "@trestle/testkit/own-redis";
import { Redis } from "ioredis";

const run = promisify(execFile);
const MASTERS = 3;

export interface OwnCluster {
  /** `host:port` of each. */
  readonly nodes: readonly string[];
  /** Moves all slots of one node to another, as an operator does. */
  moveSlots(from: string, to: string): Promise<void>;
  ownerOf(key: string): Promise<string>;
  stop(): Promise<void>;
}

/** A cluster of three masters of Redis, in processes of its own. */
export async function startOwnCluster(): Promise<OwnCluster> {
  const folder = mkdtempSync(join(tmpdir(), "trestle-redis-cluster-"));
  const children: ReturnType<typeof spawn>[] = [];
  const nodes: string[] = [];
  for (let n = 0; n < MASTERS; n += 1) {
    const [port, bus] = [await freePort(), await freePort()];
    const own = join(folder, String(n));
    mkdirSync(own);
    const settings = {
      ...{ port, "cluster-port": bus, bind: "127.0.0.1", dir: own, save: "" },
      ...{ "cluster-enabled": "yes", "cluster-node-timeout": "2000", appendonly: "no" },
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    children.push(spawn("redis-server", args, { stdio: "ignore" }));
    nodes.push(`127.0.0.1:${port}`);
  }
  for (const node of nodes) await answers(node, (said) => said === "PONG", "PING");
  await run("redis-cli", ["--cluster", "create", ...nodes, "--cluster-yes"]);
  for (const node of nodes) {
    await answers(node, (said) => said.includes("cluster_state:ok"), "CLUSTER", "INFO");
  }
  return {
    nodes,
    async moveSlots(from, to) {
      const [source, target] = [
        await ask(from, "CLUSTER", "MYID"),
        await ask(to, "CLUSTER", "MYID"),
      ];
      const count = 16_384;
      await run("redis-cli", [
        ...[
          "--cluster",
          "reshard",
          nodes[0] ?? "",
          "--cluster-from",
          source,
          "--cluster-to",
          target,
        ],
        ...["--cluster-slots", String(count), "--cluster-yes", "--cluster-pipeline", "1000"],
      ]);
    },
    async ownerOf(key) {
      const slot = Number(await ask(nodes[0] ?? "", "CLUSTER", "KEYSLOT", key));
      for (const line of (await ask(nodes[0] ?? "", "CLUSTER", "NODES")).split("\n")) {
        const [, address = "", , , , , , , ...ranges] = line.split(" ");
        const isOwner = ranges.some((range) => {
          const [first = Number.NaN, last = first] = range.split("-").map(Number);
          return slot >= first && slot <= last;
        });
        if (isOwner) return address.replace(/@.*/, "");
      }
      throw new Error(`Nobody has ${key}.`);
    },
    async stop() {
      for (const child of children) {
        if (child.exitCode !== null) continue;
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ask(node: string, ...words: readonly string[]): Promise<string> {
  const [host = "", port] = node.split(":");
  const redis = new Redis({ host, port: Number(port), retryStrategy: () => 50 });
  redis.on("error", () => {});
  try {
    const [name = "", ...args] = words;
    return String(await redis.call(name, ...args));
  } finally {
    redis.disconnect();
  }
}

async function answers(
  node: string,
  isIt: (said: string) => boolean,
  ...words: readonly string[]
): Promise<void> {
  while (!isIt(await ask(node, ...words).catch(() => ""))) await pause(30);
}
