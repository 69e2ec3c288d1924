import { defineScript, type RedisLink } from "@trestle/store/redis";

/** The events of all bridges on one Redis, numbered there: the last of them. */
export interface EventStream {
  /** Numbers texts one after the other, from `first` on, above `least` and all that was given before: the last of that is `after`. */
  append(texts: readonly string[], least: number): Promise<Appended>;
  /** What comes after the number, oldest first; so many at a time. */
  readAfter(seq: number): Promise<Kept>;
}

export interface Appended {
  readonly after: number;
  readonly first: number;
}

export interface Kept {
  readonly entries: readonly { readonly seq: number; readonly text: string }[];
  readonly isMore: boolean;
  /** The highest number that is not kept any more; 0 where all are. */
  readonly floor: number;
  /** Before the first number that was given. Above those of a Redis that has lost what it had. */
  readonly born: number;
}

/** As many as a bridge alone keeps. */
export const MOST_KEPT = 5_000;
const PAGE = 500;
/** Of bridges that are all gone. */
const IDLE_MS = 7 * 24 * 3_600_000;

/**
 * KEYS: the stream, its numbers. ARGV: above which number, how many are kept, for how long, then the texts. A number is
 * the microsecond it was given in, so that those of a Redis that lost everything, and those that bridges give without
 * Redis, fit in between.
 */
const APPEND = defineScript(`
local time = redis.call('TIME')
local before = tonumber(redis.call('HGET', KEYS[2], 'last') or '0')
local first = math.max(before + 1, time[1] * 1000000 + time[2], ARGV[1] + 1)
local last = first + #ARGV - 4
for at = 4, #ARGV do
  redis.call('XADD', KEYS[1], string.format('%.0f-0', first + at - 4), 'event', ARGV[at])
end
if before == 0 then redis.call('HSET', KEYS[2], 'born', string.format('%.0f', first - 1)) end
redis.call('HSET', KEYS[2], 'last', string.format('%.0f', last))
if redis.call('XLEN', KEYS[1]) > ARGV[2] * 1.1 then
  redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[2])
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][1]
  redis.call('HSET', KEYS[2], 'floor', string.format('%.0f', string.match(oldest, '^%d+') - 1))
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {before, first}`);

/** In one step, so that nothing is trimmed between. ARGV: after which number, how many. */
const READ = defineScript(`
local marks = redis.call('HMGET', KEYS[2], 'floor', 'born')
return {marks[1] or '0', marks[2] or '0',
  redis.call('XRANGE', KEYS[1], ARGV[1] .. '-1', '+', 'COUNT', ARGV[2])}`);

type Entry = readonly [id: string, fields: readonly [name: string, text: string]];

export function createEventStream(redis: RedisLink): EventStream {
  const keys = [redis.key("events", "events", "stream"), redis.key("events", "events", "numbers")];
  return {
    async append(texts, least) {
      const args = [least, MOST_KEPT, IDLE_MS, ...texts];
      const [after, first] = await redis.run<[number, number]>(APPEND, keys, args);
      return { after, first };
    },
    async readAfter(seq) {
      const [floor, born, found] = await redis.run<[string, string, Entry[]]>(READ, keys, [
        seq,
        PAGE,
      ]);
      return {
        ...{ floor: Number(floor), born: Number(born), isMore: found.length === PAGE },
        entries: found.map(([id, [, text]]) => ({ seq: Number.parseInt(id, 10), text })),
      };
    },
  };
}
