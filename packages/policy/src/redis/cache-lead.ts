import { randomUUID } from "node:crypto";
import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import { defineScript, type RedisLink } from "@trestle/store/redis";
import type { CacheEntry, CacheKey, CacheLead, CacheStore } from "../cache-store.ts";

export interface CacheLeadParts {
  readonly redis: RedisLink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly get: CacheStore["get"];
}

/** Whoever asks and dies is not waited for longer. */
const LEASE_MS = 5_000;
const FOLLOW_MS = 2_000;
/** A Redis that is slower than this is no help. */
const SLOW_MS = 150;
/** How soon is looked again: ever later. */
const FIRST_LOOK_MS = 10;
const LATEST_LOOK_MS = 200;

/** Who asks already, or nothing: then this one does. ARGV: it, for how long. */
const LEAD = defineScript(`
local other = redis.call('GET', KEYS[1])
if other then return other end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`);

const END = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

/** Of several processes one asks; the others wait a moment for its answer, and ask themselves where none comes. */
export function createRedisLead(parts: CacheLeadParts): (key: CacheKey) => Promise<CacheLead> {
  const { redis, clock, log, get } = parts;
  const alone: CacheLead = { kind: "here", end: () => {} };

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => clock.after(ms, resolve));
  }

  async function lead(key: CacheKey): Promise<CacheLead> {
    const lease = redis.key("cache", key.server, `lead:${key.digest}`);
    const own = `${clock.now()} ${randomUUID()}`;
    const other = await redis.run<string | null>(LEAD, [lease], [own, LEASE_MS]);
    if (other !== null) {
      const since = Number(other.split(" ", 1)[0]);
      return { kind: "elsewhere", entry: follow(key, lease, since).catch(() => undefined) };
    }
    return {
      kind: "here",
      end: () => void redis.run(END, [lease], [own]).catch(() => {}),
    };
  }

  /** `since`: by the clock of whoever asks, as are the times of what it stores. */
  async function follow(
    key: CacheKey,
    lease: string,
    since: number,
  ): Promise<CacheEntry | undefined> {
    const until = clock.now() + FOLLOW_MS;
    let look = FIRST_LOOK_MS;
    for (;;) {
      // Whether somebody still asks is looked at before what came of it: that is stored first.
      const isAsking = (await redis.command<number>("EXISTS", lease)) === 1;
      const entry = await get(key);
      if (entry !== undefined && entry.askedAt >= since) return entry;
      if (!isAsking || clock.now() + look > until) return undefined;
      await pause(look);
      look = Math.min(LATEST_LOOK_MS, look * 2);
    }
  }

  return async (key) => {
    if (!redis.isUp()) return alone;
    const asked = lead(key).catch((error: unknown): CacheLead => {
      log.debug("Who asks for an answer is not known", { reason: messageOf(error) });
      return alone;
    });
    const found = await Promise.race([asked, pause(SLOW_MS)]);
    if (found !== undefined) return found;
    // It may have become the one that asks all the same.
    return {
      kind: "here",
      end: () => void asked.then((late) => late.kind === "here" && late.end()),
    };
  };
}
