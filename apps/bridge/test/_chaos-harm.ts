import { setTimeout as pause } from "node:timers/promises";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import type { Lives } from "./_chaos-lives.ts";
import type { Revocation, Span } from "./_chaos-verdict.ts";
import { dataOf, type SharedBridge, type SharedBridges } from "./_shared-bridges.ts";

export interface HarmParts {
  readonly shared: SharedBridges;
  readonly lives: Lives;
  readonly random: SeededRandom;
  readonly ms: number;
  readonly harmEveryMs: number;
  readonly isOver: () => boolean;
  readonly say: (line: string) => void;
}

/** What is done to replicas and Redis, one after the other by chance, and keys that are revoked in between. */
export interface Harm {
  run(): Promise<void>;
  /** When Redis was gone, until every bridge had it again. */
  readonly outages: readonly Span[];
  readonly revocations: readonly Revocation[];
}

const LOOK_MS = 25;

export function createHarm(parts: HarmParts): Harm {
  const { shared, lives, random, ms, harmEveryMs, isOver, say } = parts;
  const outages: Span[] = [];
  const revocations: Revocation[] = [];

  async function breakRedis(): Promise<void> {
    const isFrozen = random.next() < 0.4;
    const from = Date.now();
    say(isFrozen ? "froze Redis" : "killed Redis");
    if (isFrozen) shared.redis.freeze();
    else await shared.redis.kill();
    await pause(500 + random.next() * 3_000);
    if (isFrozen) shared.redis.goOn();
    else await shared.redis.restart();
    await Promise.all(lives.bridges.map(healed));
    outages.push({ from, to: Date.now() });
    say(`Redis is back, and known to be, after ${Date.now() - from} ms`);
  }

  async function harmOnce(): Promise<void> {
    const index = random.below(3);
    const kind = random.next();
    if (kind < 0.4) {
      say(`killed bridge ${index}`);
      await lives.kill(index);
    } else if (kind < 0.6) {
      say(`told bridge ${index} to stop`);
      await lives.replace(index);
    } else await breakRedis();
  }

  async function revokeOne(): Promise<void> {
    const [first, second] = lives.bridges as [SharedBridge, SharedBridge];
    const { key, id } = dataOf(await again(() => first.ask("POST", "keys", { name: "chaos" })));
    for (const bridge of lives.bridges)
      while (!(await accepts(bridge, String(key)))) await pause(50);
    const { status } = await again(() => second.ask("DELETE", `keys/${id}`));
    if (status !== 200) throw new Error(`a key could not be revoked: ${status}`);
    const at = Date.now();
    const lags = await Promise.all(lives.bridges.map((bridge) => lagOf(bridge, String(key), at)));
    revocations.push({ at, lag: Math.max(...lags) });
  }

  return {
    ...{ outages, revocations },
    async run() {
      while (!isOver()) {
        await pause(Math.min(harmEveryMs * (0.3 + 1.4 * random.next()), ms / 3));
        if (isOver()) return;
        await harmOnce();
        await revokeOne();
      }
    },
  };
}

/** How long after `at` a request began that was still let in. */
async function lagOf(bridge: SharedBridge, key: string, at: number): Promise<number> {
  for (let last = 0; ; await pause(LOOK_MS)) {
    const began = Date.now();
    if (!(await accepts(bridge, key))) return last;
    last = began - at;
  }
}

async function accepts(bridge: SharedBridge, key: string): Promise<boolean> {
  return (await again(() => bridge.call("one.read", {}, key))).status === 200;
}

async function healed(bridge: SharedBridge): Promise<void> {
  const isUp = async (): Promise<boolean> =>
    JSON.stringify((await again(() => bridge.health())).shared)?.includes('"up"') ?? false;
  while (!(await isUp())) await pause(50);
}

/** What asks may still have connections to a process before. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
