import type { SkippedLines, WatchedSource } from "../../model/document.ts";
import type { Cursor, Lease, TrackerStore } from "../tracker-store.ts";
import { hashSet, type StoredLease } from "./commit.ts";
import type { Command, Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readAll, readFields } from "./reads.ts";
import type { Transactions } from "./transaction.ts";

type ProgressPart = Pick<
  TrackerStore,
  | "cursor"
  | "cursors"
  | "forgetCursors"
  | "memories"
  | "takeLease"
  | "releaseLease"
  | "sources"
  | "putSource"
  | "removeSource"
  | "skipped"
>;

interface Parts extends Transactions {
  readonly redis: Connection;
  readonly keys: Keys;
  readonly now: () => Promise<number>;
}

/** What is read, by whom, and how far. */
export function createProgress({ redis, keys, change, now }: Parts): ProgressPart {
  return {
    cursor: async (key) => (await readFields<Cursor>(redis, keys.cursors, [key])).get(key),
    async cursors(source) {
      const all = await readAll<Cursor>(redis, keys.cursors);
      return source === undefined ? all : all.filter((cursor) => cursor.source === source);
    },
    forgetCursors: (names) =>
      change(async () => ({ commands: removal(keys.cursors, names), result: undefined })),
    memories: (names) => readFields<string>(redis, keys.memories, names),
    takeLease: (name, { holder, ttlMs }) =>
      change(async () => {
        const at = await now();
        const held = (await readFields<StoredLease>(redis, keys.leases, [name])).get(name);
        const isHeld = held !== undefined && held.until > at;
        if (isHeld && held.holder !== holder) return { commands: [], result: undefined };
        const fence = isHeld ? held.fence : (held?.fence ?? 0) + 1;
        const lease: Lease = { name, fence, until: at + ttlMs };
        return {
          commands: hashSet(keys.leases, [[name, { holder, fence, until: lease.until }]]),
          result: lease,
        };
      }),
    releaseLease: ({ name, fence }) =>
      change(async () => {
        const held = (await readFields<StoredLease>(redis, keys.leases, [name])).get(name);
        const commands =
          held?.fence === fence ? hashSet(keys.leases, [[name, { ...held, until: 0 }]]) : [];
        return { commands, result: undefined };
      }),
    sources: async () =>
      (await readAll<WatchedSource>(redis, keys.sources)).sort((one, other) =>
        one.name < other.name ? -1 : 1,
      ),
    putSource: (source) =>
      change(async () => ({
        commands: hashSet(keys.sources, [[source.name, source]]),
        result: undefined,
      })),
    removeSource: (name) =>
      change(async () => {
        const found = await readFields(redis, keys.sources, [name]);
        return { commands: removal(keys.sources, [...found.keys()]), result: found.size > 0 };
      }),
    skipped: async () =>
      (await readAll<SkippedLines>(redis, keys.skipped)).sort((one, other) =>
        `${one.source}\n${one.reason}` < `${other.source}\n${other.reason}` ? -1 : 1,
      ),
  };
}

function removal(key: string, fields: readonly string[]): Command[] {
  return fields.length === 0 ? [] : [["HDEL", key, ...fields]];
}
