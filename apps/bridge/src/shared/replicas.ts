import type { Clock } from "@trestle/protocol";
import { defineScript, type RedisLink } from "@trestle/store/redis";

/** Which bridges share one Redis, as far as is known. */
export interface Replicas {
  /** At least this one; while Redis is gone, as many as there were. */
  count(): number;
  /** Those that are there besides this one, as far as is known. */
  others(): readonly string[];
  /** False once it has said nothing for some seconds. While Redis is gone nobody is given up. */
  isAlive(replica: string): boolean;
  /** Told after every look at who is there. Returns the function that ends it. */
  onLook(listener: () => void): () => void;
  /** Says that this one is there, and looks who else is. */
  beat(): Promise<void>;
  close(): Promise<void>;
}

export interface ReplicasParts {
  readonly redis: RedisLink;
  readonly replica: string;
  readonly clock: Clock;
}

const BEAT_MS = 1_500;
const GONE_MS = 6_000;

/** By the clock of Redis, so that those of the replicas need not agree. */
const BEAT = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 10)
return redis.call('ZRANGE', KEYS[1], 0, -1)`);

export function createReplicas({ redis, replica, clock }: ReplicasParts): Replicas {
  const key = redis.key("replicas", "replicas");
  const listeners = new Set<() => void>();
  let alive: ReadonlySet<string> = new Set([replica]);
  /** After an outage nobody has beaten for a while: who has not is not dead for that. */
  let trustedAt = clock.now() + GONE_MS;
  let isClosed = false;
  let cancel = (): void => {};

  async function beat(): Promise<void> {
    cancel();
    try {
      const found = await redis.run<string[]>(BEAT, [key], [replica, GONE_MS]);
      const known = clock.now() >= trustedAt ? [] : alive;
      alive = new Set([replica, ...known, ...found]);
      for (const listener of [...listeners]) listener();
    } catch {
      trustedAt = clock.now() + GONE_MS;
    }
    cancel(); // of another beat at the same time
    if (!isClosed) cancel = clock.after(BEAT_MS, () => void beat());
  }

  const unwatch = redis.onChange((isUp) => {
    trustedAt = clock.now() + GONE_MS;
    if (isUp) void beat();
  });

  return {
    count: () => alive.size,
    others: () => [...alive].filter((other) => other !== replica),
    isAlive: (other) => alive.has(other) || !redis.isUp(),
    onLook(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    beat,
    async close() {
      isClosed = true;
      cancel();
      unwatch();
      listeners.clear();
      await redis.command("ZREM", key, replica).catch(() => {});
    },
  };
}
