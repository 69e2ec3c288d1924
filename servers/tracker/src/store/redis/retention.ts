import type { UsageFact } from "../../model/facts.ts";
import type { Session } from "../../model/session.ts";
import { firstPlace } from "../commit/places.ts";
import { finishedAt, type TaskState, toTask } from "../commit/task-state.ts";
import type { StoredRecord, StoreStats, TrackerStore } from "../tracker-store.ts";
import { factMembers, keysOf } from "./commit.ts";
import type { Command, Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readAll, readFields } from "./reads.ts";
import { removeTask } from "./task-rows.ts";
import type { Change, Transactions } from "./transaction.ts";

type RetentionPart = Pick<TrackerStore, "retain" | "stats">;

const RECORDS_AT_ONCE = 500;
const WORDS_AT_ONCE = 1_000;
const KEPT_SHARE = 0.9;

interface Parts extends Transactions {
  readonly redis: Connection;
  readonly keys: Keys;
}

export function createRetention(parts: Parts): RetentionPart {
  const { redis, keys, change } = parts;
  const bytes = async () =>
    (await readFields<number>(redis, keys.meta, ["bytes"])).get("bytes") ?? 0;

  async function deleteWhile(
    isWanted: () => boolean | Promise<boolean>,
    to: number,
  ): Promise<number> {
    let deleted = 0;
    while (await isWanted()) {
      const count = await change(() => planDeletion(redis, keys, to));
      if (count === 0) break;
      deleted += count;
    }
    return deleted;
  }

  return {
    async retain({ before, maxBytes }) {
      let deleted = 0;
      if (before !== undefined) deleted += await deleteWhile(() => true, firstPlace(before));
      if (maxBytes !== undefined && (await bytes()) > maxBytes) {
        const isTooMuch = async () => (await bytes()) > maxBytes * KEPT_SHARE;
        deleted += await deleteWhile(isTooMuch, Number.MAX_SAFE_INTEGER);
      }
      if (deleted > 0) {
        await change(() => planTidying(redis, keys));
        await forgetWords(parts);
      }
      return deleted;
    },
    stats: async () => readStats(redis, keys, await bytes()),
  };
}

/** The oldest records before a place, with all that leads to them. */
async function planDeletion(redis: Connection, keys: Keys, to: number): Promise<Change<number>> {
  const range = ["-inf", `(${to}`, "LIMIT", 0, RECORDS_AT_ONCE] as const;
  const places = await redis.ask<string[]>("ZRANGEBYSCORE", keys.order, ...range);
  const stored = await readFields<StoredRecord>(redis, keys.records, places);
  if (stored.size === 0) return { commands: [], result: 0 };
  const taskIds = [...stored.values()].flatMap(({ facts }) =>
    facts.tasks.map(({ taskId }) => taskId),
  );
  const aliases = await readFields<string>(redis, keys.aliases, taskIds);
  const gone = new Set([...stored.values()].map(({ record }) => record.id));
  const responses = await readFields<UsageFact>(
    redis,
    keys.responses,
    [...stored.values()].flatMap(({ facts }) => facts.usage.map(({ responseId }) => responseId)),
  );
  // A response is known as long as the record that told of it last.
  const forgotten = [...responses].filter(([, { recordId }]) => gone.has(recordId));
  const members = new Map<string, (string | number)[]>();
  const remove = (key: string, member: string | number) => {
    members.set(key, [...(members.get(key) ?? []), member]);
  };
  let bytes = 0;
  let horizon = 0;
  for (const [name, { record, project, facts }] of stored) {
    const placed = { place: Number(name), record, project, facts };
    for (const key of keysOf(placed, keys)) remove(key, name);
    for (const [key, member] of factMembers(placed, keys)) remove(key, member);
    for (const fact of facts.tasks) {
      remove(keys.taskFacts(aliases.get(fact.taskId) ?? fact.taskId), JSON.stringify(fact));
    }
    bytes += JSON.stringify({ record, project, facts }).length;
    horizon = Math.max(horizon, record.at);
  }
  const known = (await readFields<number>(redis, keys.meta, ["horizon"])).get("horizon") ?? -1;
  const commands: Command[] = [
    ["HDEL", keys.records, ...stored.keys()],
    ["HDEL", keys.places, ...gone],
    ...(forgotten.length === 0
      ? []
      : [["HDEL", keys.responses, ...forgotten.map(([id]) => id)] as Command]),
    ...[...members].map(([key, list]): Command => ["ZREM", key, ...list]),
    ["HINCRBY", keys.meta, "bytes", -bytes],
    ["HSET", keys.meta, "horizon", Math.max(known, horizon)],
  ];
  return { commands, result: stored.size };
}

/** What no record stands for any more. Tasks that are not finished, groups and sums stay. */
async function planTidying(redis: Connection, keys: Keys): Promise<Change<undefined>> {
  const horizon = (await readFields<number>(redis, keys.meta, ["horizon"])).get("horizon") ?? -1;
  const finished = (await readAll<TaskState>(redis, keys.tasks)).filter((state) => {
    const task = toTask(state);
    return finishedAt(task) !== undefined && task.updatedAt <= horizon;
  });
  const sessions = (await readAll<Session>(redis, keys.sessions)).filter(
    ({ lastAt }) => lastAt <= horizon,
  );
  const commands = [
    ...finished.flatMap((state): Command[] => [
      ...removeTask(state, keys),
      ["DEL", keys.taskFacts(state.id)],
      ...state.merged.map((id): Command => ["HDEL", keys.aliases, id]),
    ]),
    ...sessions.flatMap(({ id }): Command[] => [
      ["HDEL", keys.sessions, id],
      ["ZREM", keys.sessionOrder, id],
    ]),
  ];
  return { commands, result: undefined };
}

/** Words that no record has any more: else they would be looked through for ever. */
async function forgetWords({ redis, keys, change }: Parts): Promise<void> {
  for (let after = "-"; ; ) {
    const range = ["ZRANGEBYLEX", keys.vocabulary, after, "+", "LIMIT", 0, WORDS_AT_ONCE] as const;
    const words = await redis.ask<string[]>(...range);
    const last = words.at(-1);
    if (last === undefined) return;
    await change(async () => {
      const there = await redis.askAll<number>(words.map((word) => ["EXISTS", keys.word(word)]));
      const unused = words.filter((_, at) => Number(there[at]) === 0);
      const commands: Command[] = unused.length === 0 ? [] : [["ZREM", keys.vocabulary, ...unused]];
      return { commands, result: undefined };
    });
    after = `(${last}`;
  }
}

async function readStats(redis: Connection, keys: Keys, bytes: number): Promise<StoreStats> {
  const [records, sessions, tasks, errorGroups, oldest, newest] = await redis.askAll<unknown>([
    ["ZCARD", keys.order],
    ["HLEN", keys.sessions],
    ["HLEN", keys.tasks],
    ["HLEN", keys.groups],
    ["ZRANGE", keys.order, 0, 0],
    ["ZREVRANGE", keys.order, 0, 0],
  ]);
  const places = [oldest, newest].flatMap((found) => found as string[]);
  const stored = await readFields<StoredRecord>(redis, keys.records, places);
  const [first, last] = places.map((place) => stored.get(place)?.record.at);
  return {
    kind: "redis",
    records: Number(records),
    sessions: Number(sessions),
    tasks: Number(tasks),
    errorGroups: Number(errorGroups),
    bytes,
    ...(first === undefined ? {} : { oldestAt: first }),
    ...(last === undefined ? {} : { newestAt: last }),
  };
}
