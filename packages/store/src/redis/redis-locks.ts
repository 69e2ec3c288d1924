import { type Clock, systemClock } from "@trestle/protocol";
import type { Lease, Locks } from "../lock/locks.ts";
import { defineScript, type RedisLink } from "./link.ts";

export interface RedisLocksOptions {
  readonly redis: RedisLink;
  readonly clock?: Clock;
}

/** KEYS: the lease, its fence. The fence outlives the lease. */
const ACQUIRE = defineScript(`
local holder, till = unpack(redis.call('HMGET', KEYS[1], 'holder', 'until'))
local now, ttl = tonumber(ARGV[2]), tonumber(ARGV[3])
if holder and tonumber(till) > now and holder ~= ARGV[1] then return {0, holder, till} end
local fence = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', ARGV[4], 'fence', fence)
if ttl > 0 then redis.call('PEXPIRE', KEYS[1], ttl + 86400000) end
return {fence, ARGV[1], ARGV[4]}`);

const RENEW = defineScript(`
local fence, till = unpack(redis.call('HMGET', KEYS[1], 'fence', 'until'))
if fence ~= ARGV[1] or tonumber(till) <= tonumber(ARGV[2]) then return 0 end
local next = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], 'until', ARGV[4], 'fence', next)
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[3]) + 86400000)
return next`);

const RELEASE = defineScript(`
local fence, till = unpack(redis.call('HMGET', KEYS[1], 'fence', 'until'))
if fence ~= ARGV[1] or tonumber(till) <= tonumber(ARGV[2]) then return 0 end
return redis.call('DEL', KEYS[1])`);

/**
 * Leases in Redis, by the clocks of those who ask. Without Redis nobody holds anything: every method rejects with
 * `unavailable`.
 */
export function createRedisLocks({ redis, clock = systemClock }: RedisLocksOptions): Locks {
  const keysOf = (name: string): string[] => [
    redis.key("lock", name, "lease"),
    redis.key("lock", name, "fence"),
  ];
  return {
    async acquire(name, { holder, ttlMs }) {
      const until = clock.now() + ttlMs;
      const args = [holder, clock.now(), ttlMs, until];
      const answer = await redis.run<[number, string, string]>(ACQUIRE, keysOf(name), args);
      const [fence, by, till] = answer;
      if (fence === 0) return { kind: "busy", holder: by, until: Number(till) };
      return { kind: "acquired", lease: { name, holder, fence, expiresAt: until } };
    },
    async renew(lease, ttlMs) {
      const expiresAt = clock.now() + ttlMs;
      const args = [lease.fence, clock.now(), ttlMs, expiresAt];
      const fence = await redis.run<number>(RENEW, keysOf(lease.name), args);
      return fence === 0 ? undefined : ({ ...lease, fence, expiresAt } satisfies Lease);
    },
    async release({ name, fence }) {
      return (await redis.run<number>(RELEASE, keysOf(name), [fence, clock.now()])) === 1;
    },
  };
}
