import { type Clock, isJsonObject, type Logger, messageOf, parseJson } from "@trestle/protocol";
import type { EndedSession, SharedEnds, ShareEnds } from "../access/web-sessions.ts";
import type { Shared } from "./shared.ts";

export interface ShareEndsParts extends Pick<Shared, "redis" | "bus" | "replicas"> {
  /** Of this home: what ended while Redis was gone is told from there. */
  readonly own: Parameters<ShareEnds>[0];
  readonly clock: Clock;
  readonly log: Logger;
}

const TOPIC = "web-sessions";
/** Longer than any session. */
const KEPT_MS = 24 * 3_600_000;

/** Who logged out at one bridge is logged out at all; each has that in its own file. */
export async function shareEnds(parts: ShareEndsParts): Promise<SharedEnds> {
  const { redis, bus, replicas, own, clock, log } = parts;
  const key = redis.key("web-sessions", "ended");

  async function quietly(work: () => Promise<void>): Promise<void> {
    try {
      if (redis.isUp()) await work();
    } catch (error) {
      log.warn("Other bridges and this one may differ in who is logged in", {
        reason: messageOf(error),
      });
    }
  }

  async function put(all: readonly EndedSession[]): Promise<void> {
    if (all.length === 0) return;
    await redis.command("ZADD", key, ...all.flatMap(({ id, until }) => [until, id]));
    await redis.command("ZREMRANGEBYSCORE", key, "-inf", clock.now());
    await redis.command("PEXPIRE", key, KEPT_MS);
    bus.publish(TOPIC, JSON.stringify({ ended: all }));
  }

  async function learnAll(): Promise<void> {
    const now = clock.now();
    const args = [key, now, "+inf", "WITHSCORES"];
    // Flat or in pairs, by the version of Redis' protocol.
    const flat = (await redis.command<unknown[]>("ZRANGEBYSCORE", ...args)).flat();
    const all: EndedSession[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      all.push({ id: String(flat[at]), until: Number(flat[at + 1]) });
    }
    await own.learn(all);
  }

  async function exchange(): Promise<void> {
    await put(own.all());
    await learnAll();
  }

  async function hear(text: string): Promise<void> {
    const told = parseJson(text);
    if (!isJsonObject(told) || !Array.isArray(told.ended)) return;
    await own.learn(told.ended as unknown as EndedSession[]);
  }

  let count = replicas.count();
  const ends = [
    await bus.subscribe(TOPIC, {
      onMessage: (text) => void quietly(() => hear(text)),
      onGap: () => void quietly(learnAll),
    }),
    redis.onChange((isUp) => void (isUp && quietly(exchange))),
    // One that died may have told Redis, and nobody else.
    replicas.onLook(() => {
      if (replicas.count() < count) void quietly(learnAll);
      count = replicas.count();
    }),
  ];
  await quietly(exchange);

  return {
    tell: (ended) => quietly(() => put([ended])),
    close() {
      for (const end of ends) end();
    },
  };
}
