import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import { type ChaosClient, connectChaos, createAgent } from "./_chaos-clients.ts";
import { createHarm } from "./_chaos-harm.ts";
import { startLives } from "./_chaos-lives.ts";
import {
  countElsewhere,
  judgeCalls,
  judgeLimit,
  judgeLives,
  judgeMemory,
  judgeRevocations,
  type LimitVerdict,
  type Made,
  type MemoryVerdict,
  type RevocationVerdict,
} from "./_chaos-verdict.ts";
import { startNginx } from "./_nginx.ts";
import { openSharedBridges } from "./_shared-bridges.ts";

export interface ChaosOptions {
  readonly clients: number;
  readonly ms: number;
  /** Calls that all clients make in a second, about. */
  readonly perSecond: number;
  /** From one harm to the next, about. */
  readonly harmEveryMs: number;
  readonly random: SeededRandom;
  readonly say?: (line: string) => void;
}

export interface ChaosReport {
  readonly calls: number;
  /** Of those, how many asked their user something, and of these, how many were answered by way of another bridge. */
  readonly asked: number;
  readonly answeredElsewhere: number;
  /** Calls that failed under way on a bridge that was killed. */
  readonly excused: number;
  /** All other failures, with all that is known of them: there must be none. */
  readonly failures: readonly string[];
  readonly kills: number;
  /** Bridges that were told to stop, which costs no call. */
  readonly replaced: number;
  readonly outages: number;
  /** How often a bridge lost Redis: thrice with each outage, and more on a machine that is too busy. */
  readonly losses: number;
  readonly limit: LimitVerdict;
  readonly keys: Omit<RevocationVerdict, "failures">;
  readonly memory: readonly MemoryVerdict[];
}

/** Three bridges on one Redis behind nginx, which is all that clients know, while one thing after the other is killed. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { clients, ms, perSecond, random, say = () => {} } = options;
  await using ending = new AsyncDisposableStack();
  const shared = await openSharedBridges({ policy: { limit: { principal: false } } });
  ending.defer(shared.end);
  const lives = await startLives(shared);
  ending.defer(lives.close);
  const nginx = await startNginx(lives.bridges.map(({ url }) => url));
  ending.defer(nginx.stop);
  const agent = createAgent();
  ending.defer(() => agent.destroy());
  const end = performance.now() + ms;
  const isOver = (): boolean => performance.now() >= end;
  const traffic = createTraffic(random);
  const harm = createHarm({ ...options, shared, lives, isOver, say });

  async function live(index: number): Promise<void> {
    const era = index % 2 ? "modern" : "legacy";
    await pause(random.next() * Math.min(5_000, ms / 4));
    let client: ChaosClient | undefined;
    while (!isOver()) {
      try {
        client ??= await connectChaos(era, nginx.url, agent);
      } catch {
        await pause(100); // whoever opened it was killed meanwhile
        continue;
      }
      await traffic.callOnce(client);
      await pause(random.next() * 2 * (clients / perSecond) * 1_000);
    }
  }

  await Promise.all([harm.run(), ...Array.from({ length: clients }, (_, at) => live(at))]);
  await pause(200); // nginx writes its log after the answer
  const seen = {
    made: traffic.made,
    passages: nginx.passages(),
    lives: lives.all,
    outages: harm.outages,
    losses: lives.losses(),
  };
  const { failures: accepted, ...keys } = judgeRevocations(harm.revocations, seen);
  const { excused, failures } = judgeCalls(seen);
  return {
    calls: traffic.made.length,
    asked: traffic.made.filter(({ what }) => what === "ask").length,
    answeredElsewhere: countElsewhere(seen),
    excused,
    failures: [...failures, ...accepted, ...judgeLives(lives.all)],
    kills: lives.all.filter((life) => life.end?.how === "killed").length,
    replaced: lives.all.filter((life) => life.end?.how === "stopped").length,
    outages: harm.outages.length,
    losses: seen.losses.length,
    limit: judgeLimit(seen),
    keys,
    memory: judgeMemory(lives.all),
  };
}

/** The calls of all clients: most read, some are limited, some ask their user. */
function createTraffic(random: SeededRandom) {
  const made: Made[] = [];
  let started = 0;
  let asking: Promise<unknown> = Promise.resolve();

  /** The bridge asks each client in its own way, for a server that asks in the other. */
  function ask(client: ChaosClient, mark: string): Promise<JsonObject> {
    if (client.era === "legacy") return client.call(mark, "present__ask", {});
    return client.call(mark, "past__ask", {});
  }

  async function callOnce(client: ChaosClient): Promise<void> {
    const kind = random.next();
    const what = kind < 0.1 ? "ask" : kind < 0.15 ? "limited" : "read";
    started += 1;
    const mark = `call${started}`;
    // A server of the legacy era does not say for which of several calls it asks: so there is one at a time.
    const turn = Promise.withResolvers<void>();
    if (what === "ask" && client.era === "modern") {
      const before = asking;
      asking = turn.promise;
      await before;
    }
    const facts = { mark, what, era: client.era, startedAt: Date.now() } as const;
    try {
      const text = what === "ask" ? "accept" : mark;
      const result =
        what === "ask"
          ? await ask(client, mark)
          : await client.call(mark, what === "limited" ? "one__echo" : "one__read", { text });
      expectText(result, text);
      const reset = what === "limited" ? { reset: resetOf(result) } : {};
      made.push({ ...facts, endedAt: Date.now(), ...reset });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      const isRefused = what === "limited" && /limit of this tool/.test(failure);
      made.push({ ...facts, endedAt: Date.now(), ...(!isRefused && { failure }) });
    } finally {
      turn.resolve();
    }
  }

  return { made, callOnce };
}

function resetOf({ _meta: meta }: JsonObject): number {
  const call = isJsonObject(meta) ? meta["trestle/call"] : undefined;
  const limit = isJsonObject(call) ? call.rate_limit : undefined;
  if (!isJsonObject(limit)) throw new Error("a limited call does not say when its window ends");
  return Number(limit.reset);
}

function expectText(result: JsonObject, text: string): void {
  const said = JSON.stringify(result.content);
  if (!said?.includes(text)) throw new Error(`it answered ${said} and not ${text}`);
}
