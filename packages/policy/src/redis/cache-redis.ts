import { type Clock, type Logger, messageOf, silentLogger } from "@trestle/protocol";
import { defineScript, type RedisLink } from "@trestle/store/redis";
import type { CacheEntry, CacheScope, CacheStore } from "../cache-store.ts";
import { createRedisLead } from "./cache-lead.ts";

export interface RedisCacheParts {
  readonly redis: RedisLink;
  readonly clock: Clock;
  /** Of the entries of one server. */
  readonly maxBytes: number;
  readonly log?: Logger;
}

/**
 * Of one server, all on one node: `state` (generation, until when it is unsettled, bytes), `entries` by digest,
 * `ends` (when each is to be dropped), `sizes`, `tools`.
 */
const PARTS = ["state", "entries", "ends", "sizes", "tools"] as const;

/** Numbers, digest and bookkeeping of an entry, roughly. */
const ENTRY_BYTES = 400;
/** What nobody asks for any more goes with all that its server has, a day after its last use. */
const IDLE_MS = 24 * 60 * 60_000;

const DROP = `
local function drop(digest)
  local size = redis.call('HGET', KEYS[4], digest)
  if not size then return 0 end
  redis.call('HDEL', KEYS[2], digest)
  redis.call('ZREM', KEYS[3], digest)
  redis.call('HDEL', KEYS[4], digest)
  redis.call('HDEL', KEYS[5], digest)
  redis.call('HINCRBY', KEYS[1], 'bytes', -tonumber(size))
  return 1
end
`;

/** ARGV: unsettled until, how long its state is kept. The state outlives every answer that is on its way. */
const BUMP = defineScript(`
local next = redis.call('HINCRBY', KEYS[1], 'generation', 1)
local before = tonumber(redis.call('HGET', KEYS[1], 'unsettled') or '0')
if tonumber(ARGV[1]) > before then redis.call('HSET', KEYS[1], 'unsettled', ARGV[1]) end
redis.call('HSET', KEYS[1], 'bytes', 0)
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return next`);

/** ARGV: digest, now. */
const GET = defineScript(`${DROP}
local entry = redis.call('HGET', KEYS[2], ARGV[1])
if not entry then return false end
if tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1])) <= tonumber(ARGV[2]) then
  drop(ARGV[1])
  return false
end
return entry`);

/** ARGV: digest, generation, asked at, drop at, size, tool, most bytes, entry, idle time. */
const PUT = defineScript(`${DROP}
local generation, unsettled = unpack(redis.call('HMGET', KEYS[1], 'generation', 'unsettled'))
if tonumber(generation or '0') ~= tonumber(ARGV[2]) then return 0 end
if tonumber(ARGV[3]) < tonumber(unsettled or '0') then return 0 end
drop(ARGV[1])
local size, most = tonumber(ARGV[5]), tonumber(ARGV[7])
local bytes = tonumber(redis.call('HGET', KEYS[1], 'bytes') or '0')
while bytes + size > most do
  local first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  if not first then break end
  drop(first)
  bytes = tonumber(redis.call('HGET', KEYS[1], 'bytes'))
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[8])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
redis.call('HSET', KEYS[4], ARGV[1], size)
redis.call('HSET', KEYS[5], ARGV[1], ARGV[6])
redis.call('HINCRBY', KEYS[1], 'bytes', size)
for part = 2, 5 do redis.call('PEXPIRE', KEYS[part], ARGV[9]) end
return 1`);

/** ARGV: the tool, or nothing for all. */
const CLEAR = defineScript(`${DROP}
local dropped, tools = 0, redis.call('HGETALL', KEYS[5])
for at = 1, #tools, 2 do
  if #ARGV == 0 or tools[at + 1] == ARGV[1] then dropped = dropped + drop(tools[at]) end
end
return dropped`);

/** Forgets what is over, and says what is there. ARGV: now. */
const STATS = defineScript(`${DROP}
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'LIMIT', 0, 1000)) do drop(digest) end
return {redis.call('HLEN', KEYS[4]), tonumber(redis.call('HGET', KEYS[1], 'bytes') or '0')}`);

/**
 * Results that all replicas share. What ends first makes room; `maxBytes` holds for each server. While Redis is gone
 * there are no entries; what was written meanwhile ends the generation of its server before anything is read of it.
 */
export function createRedisCache(parts: RedisCacheParts): CacheStore {
  const { redis, clock, maxBytes, log = silentLogger } = parts;
  const servers = redis.key("cache", "servers");
  /** Servers that were written to while nobody could be told, and until when they are unsettled. */
  const owed = new Map<string, number>();
  const listed = new Set<string>();
  let alone = 0;

  const keysOf = (server: string): string[] =>
    PARTS.map((part) => redis.key("cache", server, part));

  /** Before anything else is asked of a server, what it is owed. */
  async function asking<Answer>(server: string, ask: () => Promise<Answer>): Promise<Answer> {
    const until = owed.get(server);
    if (until !== undefined) {
      await redis.run(BUMP, keysOf(server), [until]);
      if (owed.get(server) === until) owed.delete(server);
    }
    return ask();
  }

  async function orElse<Answer>(answer: Answer, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return redis.isUp() ? await ask() : answer;
    } catch (error) {
      log.debug("The shared cache was not reached", { reason: messageOf(error) });
      return answer;
    }
  }

  async function list(server: string): Promise<void> {
    if (listed.has(server)) return;
    await redis.command("SADD", servers, server);
    listed.add(server);
  }

  async function known({ server }: CacheScope = {}): Promise<string[]> {
    return server === undefined ? redis.command<string[]>("SMEMBERS", servers) : [server];
  }

  const get: CacheStore["get"] = ({ server, digest }) =>
    orElse<CacheEntry | undefined>(undefined, () =>
      asking(server, async () => {
        const text = await redis.run<string | null>(GET, keysOf(server), [digest, clock.now()]);
        return text === null ? undefined : (JSON.parse(text) as CacheEntry);
      }),
    );

  return {
    // Apart from the others no answer is stored, whatever its number; but calls that wait for one tell by it.
    generation: (server) =>
      orElse(-1 - alone, () =>
        asking(server, async () =>
          Number(
            (await redis.command<string | null>("HGET", keysOf(server)[0] ?? "", "generation")) ??
              0,
          ),
        ),
      ),
    async bump(server, unsettledUntil = 0) {
      const next = await orElse<number | undefined>(undefined, () =>
        redis.run<number>(BUMP, keysOf(server), [Math.max(unsettledUntil, owed.get(server) ?? 0)]),
      );
      if (next !== undefined) {
        owed.delete(server);
        return next;
      }
      alone += 1;
      owed.set(server, Math.max(unsettledUntil, owed.get(server) ?? 0));
      return -1 - alone;
    },
    get,
    lead: createRedisLead({ redis, clock, log, get }),
    put(key, entry, generation) {
      const size = Buffer.byteLength(entry.text) + ENTRY_BYTES;
      if (size > maxBytes || generation < 0) return false;
      return orElse(false, () =>
        asking(key.server, async () => {
          await list(key.server);
          const { server, tool, digest } = key;
          const { text, askedAt, ttlMs, dropAt } = entry;
          const kept = JSON.stringify({ text, askedAt, ttlMs, dropAt });
          const idle = Math.max(IDLE_MS, Math.ceil(2 * (dropAt - askedAt)));
          const args = [digest, generation, askedAt, dropAt, size, tool, maxBytes, kept, idle];
          return (await redis.run<number>(PUT, keysOf(server), args)) === 1;
        }),
      );
    },
    clear: (scope) =>
      orElse(0, async () => {
        let dropped = 0;
        for (const server of await known(scope)) {
          const tool = scope.tool === undefined ? [] : [scope.tool];
          dropped += await redis.run<number>(CLEAR, keysOf(server), tool);
        }
        return dropped;
      }),
    stats: () =>
      orElse({ entries: 0, bytes: 0 }, async () => {
        let [entries, bytes] = [0, 0];
        for (const server of await known()) {
          const [more, size] = await redis.run<[number, number]>(STATS, keysOf(server), [
            clock.now(),
          ]);
          entries += more;
          bytes += size;
        }
        return { entries, bytes };
      }),
  };
}
