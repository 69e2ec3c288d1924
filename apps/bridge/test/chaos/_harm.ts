import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { FaultRule } from "@trestle/testkit/s3-server";
import type { TcpProxy } from "@trestle/testkit/tcp-proxy";
import type { RunningBridge } from "../_bridge.ts";
import { childrenOf, kill, processesWith } from "../_processes.ts";
import type { Entry, Target } from "./_schedule.ts";
import type { ChaosWorld } from "./_world.ts";

/** Makes good what was done. */
export type Mend = () => void | Promise<void>;

const SLOW_MS = 150;
const NOTHING: Mend = () => {};

/** Does what the entry says, and tells how it is made good again. */
export async function begin(world: ChaosWorld, { fault, target }: Entry): Promise<Mend> {
  switch (fault) {
    case "kill":
      return killed(world, target);
    case "pause":
      return paused(world, target);
    case "truncate":
      return truncated(world, indexOf(target));
    case "hang":
      return injected(world, { fault: { kind: "hang" } });
    case "refuse":
      return injected(world, { fault: { kind: "status", status: 503 }, rate: 0.7 });
    case "lose":
      return injected(world, { fault: { kind: "lose_response" }, rate: 0.5 });
    default:
      return disturbed(proxyOf(world, target), fault);
  }
}

function disturbed(proxy: TcpProxy, how: "slow" | "cut" | "corrupt" | "partition"): Mend {
  if (how === "partition") {
    // Connections of before stay lost without a word: whoever holds one has to notice.
    proxy.weather("silent");
    return () => proxy.weather("fine");
  }
  if (how === "slow") {
    proxy.delay(SLOW_MS);
    return () => proxy.delay(0);
  }
  if (how === "corrupt") {
    proxy.corrupt(true);
    return () => proxy.corrupt(false);
  }
  proxy.weather("refusing");
  proxy.cut();
  return () => proxy.weather("fine");
}

async function killed(world: ChaosWorld, target: Target): Promise<Mend> {
  switch (target) {
    case "redis":
      await world.redis.kill();
      return world.redis.restart;
    case "postgres":
      world.postgres.kill();
      return world.postgres.start;
    case "worker":
      await world.worker.end();
      return world.restartWorker;
    case "far":
      await killChild(world);
      return world.restartFar;
    case "near":
    case "own":
      // Who started them starts them again.
      for (const pid of processesOf(world, target)) kill(pid);
      return NOTHING;
    default:
      return killedBridge(world, indexOf(target));
  }
}

async function killedBridge(world: ChaosWorld, index: number): Promise<Mend> {
  const { pid, exited } = world.bridges[index] as RunningBridge;
  kill(pid);
  await exited;
  return () => world.restartBridge(index);
}

async function killChild({ far }: ChaosWorld): Promise<void> {
  const gone = new Promise((resolve) => far.child.once("exit", resolve));
  far.child.kill("SIGKILL");
  await gone;
}

function paused(world: ChaosWorld, target: Target): Mend {
  if (target === "redis") {
    world.redis.freeze();
    return world.redis.goOn;
  }
  const pids = pidsOf(world, target);
  for (const pid of pids) signal(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) signal(pid, "SIGCONT");
  };
}

/** The saved lists of a bridge that was killed are only half there when it comes back. */
async function truncated(world: ChaosWorld, index: number): Promise<Mend> {
  const { home } = world.bridges[index] as RunningBridge;
  const mend = await killedBridge(world, index);
  const folder = join(home, "bridge", "catalog");
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    truncateSync(path, statSync(path).size >> 1);
  }
  return mend;
}

function injected({ s3 }: ChaosWorld, rule: FaultRule): Mend {
  return s3.inject(rule);
}

function pidsOf(world: ChaosWorld, target: Target): number[] {
  if (target === "near" || target === "own") return processesOf(world, target);
  if (target === "postgres") return postgresOf(world);
  const child = target === "worker" ? world.worker.child : world.far.child;
  const pid = target.startsWith("bridge") ? world.bridges[indexOf(target)]?.pid : child.pid;
  return pid === undefined ? [] : [pid];
}

/** Of a server that bridges start themselves: each has processes of its own. */
function processesOf({ root }: ChaosWorld, name: string): number[] {
  return processesWith(`--root=${root} --name=${name}`);
}

/** The server and all that serve a connection. */
function postgresOf({ postgresFolder }: ChaosWorld): number[] {
  const [first] = readFileSync(join(postgresFolder, "data", "postmaster.pid"), "utf8").split("\n");
  return [Number(first), ...childrenOf(Number(first))];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it is gone meanwhile
  }
}

function indexOf(target: Target): number {
  return Number(target.split("-")[1]);
}

function proxyOf({ proxies }: ChaosWorld, target: Target): TcpProxy {
  const proxy = proxies[target as keyof ChaosWorld["proxies"]];
  if (proxy === undefined) throw new Error(`nothing stands before ${target}`);
  return proxy;
}
