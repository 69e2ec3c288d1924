import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "@trestle/protocol";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import { startBalancer } from "./_balancer.ts";
import { type ChaosClient, connectChaos, createAgent } from "./_chaos-clients.ts";
import { isAlive } from "./_processes.ts";
import { dataOf, LIMIT, openSharedBridges, type SharedBridge } from "./_shared-bridges.ts";

export interface ChaosOptions {
  readonly clients: number;
  readonly ms: number;
  /** Calls that all clients make in a second, about. */
  readonly perSecond: number;
  readonly random: SeededRandom;
  readonly say?: (line: string) => void;
}

export interface ChaosReport {
  readonly calls: number;
  /** Of those, how many asked their user something. */
  readonly asked: number;
  /** Calls that were under way when a bridge was killed. */
  readonly excused: number;
  /** All other failures: there must be none. */
  readonly failures: readonly string[];
  readonly kills: number;
  readonly outages: number;
  /** Calls of the limited tool that were let through, and how many might have been. */
  readonly limited: { readonly taken: number; readonly most: number };
  /** Keys that were refused by all within a second of their revocation. */
  readonly revoked: number;
  /** Bytes, of the bridges that lived through the second half: at its beginning and at its end. */
  readonly memory: readonly { readonly before: number; readonly after: number }[];
}

const LIMIT_WINDOW_MS = 60_000;
/** A kill takes a moment to be felt on every connection. */
const FELT_MS = 500;

/** Three bridges on one Redis behind a balancer, which is all that clients know, while one thing after the other is killed. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { clients, ms, perSecond, random, say = () => {} } = options;
  const policy = { limit: { principal: false } };
  const shared = await openSharedBridges({ policy });
  const bridges: [SharedBridge, SharedBridge, SharedBridge] = await Promise.all([
    shared.start(),
    shared.start(),
    shared.start(),
  ]);
  const balancer = await startBalancer(bridges.map(({ url }) => url));
  const agent = createAgent();
  const killedAt: number[] = [];
  const failures: string[] = [];
  let [calls, asked, excused, outages, taken, revoked] = [0, 0, 0, 0, 0, 0];
  let isRedisUp = true;
  let asking: Promise<unknown> = Promise.resolve();
  const began = performance.now();
  const end = began + ms;
  const isOver = (): boolean => performance.now() >= end;

  async function callOnce(client: ChaosClient): Promise<void> {
    const started = performance.now();
    const kind = random.next();
    calls += 1;
    try {
      if (kind < 0.1) {
        asked += 1;
        await ask(client);
      } else if (kind < 0.15) {
        await client.call("one__echo", { text: "limited" });
        taken += 1;
      } else {
        const text = `${client.era} ${calls}`;
        expectText(await client.call("one__read", { text }), text);
      }
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (kind >= 0.1 && kind < 0.15 && /limit of this tool/.test(said)) return;
      const now = performance.now();
      const isKilled = killedAt.some((at) => at + FELT_MS >= started && at <= now);
      // Whoever was to be answered by a client that lost its bridge still waits, and is in the way.
      if (isKilled || (excused > 0 && /several requests wait/.test(said))) excused += 1;
      else
        failures.push(
          `${client.era} ${kind < 0.1 ? "ask" : "call"} after ${Math.round(now - started)} ms: ${said}`,
        );
    }
  }

  /** The bridge asks each client in its own way, for a server that asks in the other. */
  async function ask(client: ChaosClient): Promise<void> {
    if (client.era === "legacy") return expectText(await client.call("present__ask", {}), "accept");
    // A server of the legacy era does not say for which of several calls it asks: so there is one at a time.
    const turn = asking.then(async () => expectText(await client.call("past__ask", {}), "accept"));
    asking = turn.catch(() => {});
    return turn;
  }

  async function live(index: number): Promise<void> {
    const era = index % 2 ? "modern" : "legacy";
    await pause(random.next() * Math.min(5_000, ms / 4));
    let client: ChaosClient | undefined;
    while (!isOver()) {
      try {
        client ??= await connectChaos(era, balancer.url, agent);
      } catch {
        await pause(100); // whoever opened it was killed meanwhile
        continue;
      }
      await callOnce(client);
      await pause(random.next() * 2 * (clients / perSecond) * 1_000);
    }
  }

  async function killBridge(): Promise<void> {
    const index = random.below(3);
    const doomed = bridges[index] as SharedBridge;
    killedAt.push(performance.now());
    process.kill(doomed.pid, "SIGKILL");
    await doomed.exited;
    say(`killed bridge ${index}`);
    bridges[index] = await shared.start();
    balancer.route(bridges.map(({ url }) => url));
  }

  async function breakRedis(): Promise<void> {
    outages += 1;
    isRedisUp = false;
    const isFrozen = random.next() < 0.4;
    say(isFrozen ? "froze Redis" : "killed Redis");
    if (isFrozen) shared.redis.freeze();
    else await shared.redis.kill();
    await pause(500 + random.next() * 3_000);
    if (isFrozen) shared.redis.goOn();
    else await shared.redis.restart();
    await Promise.all(bridges.map(healed));
    isRedisUp = true;
  }

  async function harm(): Promise<void> {
    while (!isOver()) {
      await pause(Math.min(1_000 + random.next() * 4_000, Math.max(0, end - performance.now())));
      if (isOver()) return;
      if (random.next() < 0.5) await killBridge();
      else await breakRedis();
      if (isRedisUp) await revokeOne();
    }
  }

  async function revokeOne(): Promise<void> {
    const [first, second] = bridges;
    const made = dataOf(await first.ask("POST", "keys", { name: "chaos" }));
    const key = String(made.key);
    for (const bridge of bridges) await becomes(bridge, key, 200);
    await second.ask("DELETE", `keys/${made.id}`);
    await pause(1_000);
    for (const bridge of bridges) {
      const { status } = await bridge.call("one.read", {}, key);
      if (status === 200) failures.push(`a revoked key was accepted (${status})`);
    }
    revoked += 1;
  }

  const half = pause(ms / 2).then(() => bridges.map(memoryOf));
  try {
    await Promise.all([harm(), ...Array.from({ length: clients }, (_, index) => live(index))]);
    const before = await half;
    const memory = bridges.flatMap((bridge) => {
      const known = before.find(({ pid }) => pid === bridge.pid);
      return known ? [{ before: known.bytes, after: memoryOf(bridge).bytes }] : [];
    });
    const windows = Math.ceil((performance.now() - began) / LIMIT_WINDOW_MS) + 1;
    const most = Math.floor(LIMIT * windows * 1.05) + LIMIT * outages;
    const limited = { taken, most };
    return {
      calls,
      asked,
      excused,
      failures,
      kills: killedAt.length,
      outages,
      limited,
      revoked,
      memory,
    };
  } finally {
    agent.destroy();
    await balancer.close();
    await shared.end();
  }
}

function expectText(result: JsonObject, text: string): void {
  const said = JSON.stringify(result.content);
  if (!said?.includes(text)) throw new Error(`it answered ${said} and not ${text}`);
}

async function healed(bridge: SharedBridge): Promise<void> {
  for (;;) {
    const { shared } = await bridge.health();
    if (JSON.stringify(shared)?.includes('"up"')) return;
    await pause(50);
  }
}

async function becomes(bridge: SharedBridge, key: string, status: number): Promise<void> {
  while ((await bridge.call("one.read", {}, key)).status !== status) await pause(200);
}

function memoryOf({ pid }: SharedBridge): { pid: number; bytes: number } {
  if (!isAlive(pid)) return { pid: 0, bytes: 0 };
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { pid, bytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024 };
}
