import type { Document, SkippedLines, WatchedSource } from "../../model/document.ts";
import type { ErrorGroup } from "../../model/error-group.ts";
import type { TaskFact } from "../../model/facts.ts";
import type { Session } from "../../model/session.ts";
import { joinGroups } from "../commit/group-state.ts";
import { joinMovedTasks, joinSessions } from "../commit/moved.ts";
import type { TaskState } from "../commit/task-state.ts";
import type { Page } from "../queries.ts";
import type { Cursor, StoredRecord } from "../tracker-store.ts";
import type { Movable, MovedKind } from "../transfer.ts";
import { hashSet } from "./commit.ts";
import type { Command, Connection } from "./connection.ts";
import { createGiving, type GivingParts } from "./give.ts";
import type { Keys } from "./keys.ts";
import { takeSums } from "./moved-sums.ts";
import { moveTask } from "./people.ts";
import { readPlaces } from "./read-records.ts";
import { readFields, readMembers } from "./reads.ts";
import { removeTask, storeTasks } from "./task-rows.ts";

const PAGE = 200;

export function createMovable(parts: GivingParts): Pick<Movable, "give" | "take" | "giveRecords"> {
  const { redis, keys, change, shelfOf } = parts;
  const give = createGiving(parts);
  return {
    give,
    async giveRecords(after): Promise<Page<StoredRecord>> {
      const range = {
        key: keys.order,
        from: Number(after ?? 0),
        to: Number.MAX_SAFE_INTEGER,
        newest: false,
      };
      const places = (await readMembers(redis, { ...range, limit: PAGE })).map(Number);
      const stored = await readPlaces(redis, keys, places);
      const items = places.flatMap((place) => stored.get(place) ?? []);
      const last = places.at(-1);
      return places.length < PAGE || last === undefined
        ? { items }
        : { items, next: String(last + 1) };
    },
    async take(kind, items) {
      const all = items as readonly unknown[];
      if (kind === "document" || kind === "history") {
        for (const document of all as Document[]) {
          const shelf = shelfOf(document.kind);
          await shelf.change(async () => ({
            commands: takeDocument(kind, document, shelf.keys),
            result: undefined,
          }));
        }
        return;
      }
      await change(async () => ({
        commands: await takeItems(redis, keys, kind, all),
        result: undefined,
      }));
    },
  };
}

function takeDocument(kind: "document" | "history", document: Document, keys: Keys): Command[] {
  const body = JSON.stringify(document);
  return kind === "document"
    ? [["HSETNX", keys.documents(document.kind), document.key, body]]
    : [["ZADD", keys.history(document.kind, document.key), "NX", document.at, body]];
}

async function takeItems(
  redis: Connection,
  keys: Keys,
  kind: Exclude<MovedKind, "document" | "history">,
  all: readonly unknown[],
): Promise<Command[]> {
  const once = (key: string, name: string, value: unknown): Command => [
    "HSETNX",
    key,
    name,
    JSON.stringify(value),
  ];
  switch (kind) {
    case "source":
      return (all as WatchedSource[]).map((source) => once(keys.sources, source.name, source));
    case "cursor":
      return (all as Cursor[]).map((cursor) => once(keys.cursors, cursor.key, cursor));
    case "memory":
      return (all as { key: string; body: string }[]).map(({ key, body }) =>
        once(keys.memories, key, body),
      );
    case "skipped":
      return (all as SkippedLines[]).map((one) =>
        once(keys.skipped, JSON.stringify([one.source, one.reason]), one),
      );
    case "word":
      return takeWords(redis, keys, all as TaskFact[]);
    case "error-sum":
    case "run-sum":
    case "edit-sum":
    case "usage-sum":
      return takeSums(redis, keys, kind, all);
    case "alias":
      return takeAliases(redis, keys, all as { id: string; task: string }[]);
    case "session":
      return takeSessions(redis, keys, all as Session[]);
    case "task":
      return takeTasks(redis, keys, all as TaskState[]);
    case "group":
      return takeGroups(redis, keys, all as ErrorGroup[]);
  }
}

/** What was said of a task that was merged since is said of the other one. */
async function takeWords(redis: Connection, keys: Keys, facts: readonly TaskFact[]) {
  const aliases = await readFields<string>(
    redis,
    keys.aliases,
    facts.map(({ taskId }) => taskId),
  );
  return facts.map(
    (fact): Command => [
      "ZADD",
      keys.taskFacts(aliases.get(fact.taskId) ?? fact.taskId),
      fact.at,
      JSON.stringify(fact),
    ],
  );
}

async function takeTasks(
  redis: Connection,
  keys: Keys,
  states: readonly TaskState[],
): Promise<Command[]> {
  const known = await readFields<TaskState>(
    redis,
    keys.tasks,
    states.map(({ id }) => id),
  );
  const joined = states.map(
    (state) => [state.id, joinMovedTasks(known.get(state.id), state)] as const,
  );
  return storeTasks(new Map(joined), known, keys);
}

async function takeGroups(
  redis: Connection,
  keys: Keys,
  groups: readonly ErrorGroup[],
): Promise<Command[]> {
  const known = await readFields<ErrorGroup>(
    redis,
    keys.groups,
    groups.map(({ group }) => group),
  );
  return hashSet(
    keys.groups,
    groups.map((one) => [one.group, joinGroups(known.get(one.group), one)]),
  );
}

async function takeAliases(
  redis: Connection,
  keys: Keys,
  aliases: readonly { id: string; task: string }[],
) {
  const states = await readFields<TaskState>(
    redis,
    keys.tasks,
    aliases.map(({ id }) => id),
  );
  return aliases.flatMap(({ id, task }) => {
    const state = states.get(id);
    return [...(state ? removeTask(state, keys) : []), ...moveTask([id], task, keys)];
  });
}

/** Sessions come after their records, and are known by then. */
async function takeSessions(
  redis: Connection,
  keys: Keys,
  sessions: readonly Session[],
): Promise<Command[]> {
  const known = await readFields<Session>(
    redis,
    keys.sessions,
    sessions.map(({ id }) => id),
  );
  const joined = sessions.flatMap((session) => {
    const own = known.get(session.id);
    return own === undefined ? [] : [joinSessions(own, session)];
  });
  return [
    ...hashSet(
      keys.sessions,
      joined.map((session) => [session.id, session]),
    ),
    ...joined.map(({ id, lastAt }): Command => ["ZADD", keys.sessionOrder, lastAt, id]),
  ];
}
