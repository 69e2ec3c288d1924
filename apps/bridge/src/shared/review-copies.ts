import type { Sealer } from "@trestle/access";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Row } from "@trestle/store";
import { defineScript, type RedisLink } from "@trestle/store/redis";

/** Items that wait, sealed, in Redis: for when the home that has them does not come back. */
export interface ReviewCopies {
  /** False where another home has the item by now. */
  put(row: Row): Promise<boolean>;
  get(id: string): Promise<Row | undefined>;
  all(): Promise<readonly Row[]>;
  remove(id: string): Promise<void>;
  /** From now on this home alone may decide about the item. False where another one may. */
  claim(id: string): Promise<boolean>;
}

export interface ReviewCopiesParts {
  readonly redis: RedisLink;
  readonly sealer: Sealer;
  /** Of this home, over all its starts. */
  readonly home: string;
}

/** Longer than anything waits. */
const KEPT_MS = 90 * 24 * 3_600_000;

/** KEYS: the copies, who has the item. ARGV: the item, this home, for how long, the copy. */
const PUT = defineScript(`
local keeper = redis.call('GET', KEYS[2])
if keeper and keeper ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/** Whoever claims it has it in its own file. */
const CLAIM = defineScript(`
local keeper = redis.call('GET', KEYS[2])
if keeper and keeper ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('HDEL', KEYS[1], ARGV[1])
return 1`);

export function createReviewCopies({ redis, sealer, home }: ReviewCopiesParts): ReviewCopies {
  const copies = redis.key("review", "review", "waiting");
  const keysOf = (id: string): string[] => [copies, redis.key("review", "review", `keeper:${id}`)];
  const contextOf = (id: string) => ({ context: `review copy ${id}` });

  function open(id: string, text: string): Row | undefined {
    try {
      const opened = sealer.open(text, contextOf(id));
      return isJsonObject(opened) ? (opened as unknown as Row) : undefined;
    } catch {
      return undefined; // of another key: nobody here can decide about it
    }
  }

  return {
    async put(row) {
      const id = String(row.id);
      const text = sealer.seal(row as unknown as JsonObject, contextOf(id));
      return (await redis.run<number>(PUT, keysOf(id), [id, home, KEPT_MS, text])) === 1;
    },
    async get(id) {
      const text = await redis.command<string | null>("HGET", copies, id);
      return text === null ? undefined : open(id, text);
    },
    async all() {
      const flat = await redis.command<string[]>("HGETALL", copies);
      const rows: Row[] = [];
      for (let at = 0; at < flat.length; at += 2) {
        const row = open(String(flat[at]), String(flat[at + 1]));
        if (row !== undefined) rows.push(row);
      }
      return rows;
    },
    async remove(id) {
      await redis.command("HDEL", copies, id);
    },
    claim: async (id) => (await redis.run<number>(CLAIM, keysOf(id), [id, home, KEPT_MS])) === 1,
  };
}
