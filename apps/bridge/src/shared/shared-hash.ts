import { defineScript, type RedisLink } from "@trestle/store/redis";

/** Texts by name that all bridges on one Redis have, changed only by who knows how they were. */
export interface SharedHash {
  readAll(): Promise<Map<string, string>>;
  /** False where it is not as it was (`""`: not there) any more. */
  replace(name: string, before: string, after: string): Promise<boolean>;
  /** Another one after every change. */
  version(): Promise<string | null>;
}

/** KEYS: the texts, their version. ARGV: name, as it was when it was read, as it is to be. */
const REPLACE = defineScript(`
local now = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if now ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('INCR', KEYS[2])
return 1`);

export function createSharedHash(redis: RedisLink, kind: string): SharedHash {
  const hash = redis.key(kind, kind);
  const counter = redis.key(kind, kind, "version");
  return {
    async readAll() {
      const flat = await redis.command<string[]>("HGETALL", hash);
      const all = new Map<string, string>();
      for (let at = 0; at < flat.length; at += 2) all.set(String(flat[at]), String(flat[at + 1]));
      return all;
    },
    replace: async (name, before, after) =>
      (await redis.run<number>(REPLACE, [hash, counter], [name, before, after])) === 1,
    version: () => redis.command<string | null>("GET", counter),
  };
}
