import { TrestleError } from "@trestle/protocol";
import type { SkippedLines } from "../../model/document.ts";
import type { ErrorGroup } from "../../model/error-group.ts";
import type { UsageFact } from "../../model/facts.ts";
import type { Session } from "../../model/session.ts";
import { checkBatch } from "../commit/check-batch.ts";
import { createPlaces } from "../commit/places.ts";
import { type Known, type Plan, type PlannedRecord, planCommit } from "../commit/plan.ts";
import { DAY_MS, floorTo, type Sums, TOKENS } from "../commit/sums.ts";
import type { TaskState } from "../commit/task-state.ts";
import { textsOf } from "../search/texts.ts";
import { wordsOf } from "../search/words.ts";
import type { Batch, Committed, Cursor, StoredRecord } from "../tracker-store.ts";
import type { Command, Connection } from "./connection.ts";
import type { FactKind, Keys } from "./keys.ts";
import { readFields } from "./reads.ts";
import { storeTasks } from "./task-rows.ts";
import type { Change } from "./transaction.ts";

export interface StoredLease {
  readonly holder: string;
  readonly fence: number;
  readonly until: number;
}

/** Reads what a batch touches, and tells what to write. */
export async function planBatch(
  redis: Connection,
  keys: Keys,
  batch: Batch,
  now: number,
): Promise<Change<Committed>> {
  checkBatch(batch);
  await checkTurn(redis, keys, batch);
  const known = await readKnown(redis, keys, batch);
  const plan = await planCommit(
    batch,
    known,
    createPlaces((from, to) => lastPlace(redis, keys, from, to)),
  );
  const commands = [
    ...storeRecords(plan, keys),
    ...storeTaskFacts(plan, known, keys),
    ...storeSessions(plan, keys),
    ...storeTasks(plan.tasks, known.tasks, keys),
    ...hashSet(
      keys.groups,
      [...plan.groups.values()].map((group) => [group.group, group]),
    ),
    ...hashSet(keys.responses, [...plan.responses]),
    ...storeSums(plan.sums, keys),
    ...(await storeProgress(redis, keys, batch, now)),
  ];
  return { commands, result: plan.committed };
}

/** Nothing where there is nothing to set. */
export function hashSet(key: string, entries: readonly (readonly [string, unknown])[]): Command[] {
  if (entries.length === 0) return [];
  return [["HSET", key, ...entries.flatMap(([field, value]) => [field, JSON.stringify(value)])]];
}

async function checkTurn(
  redis: Connection,
  keys: Keys,
  { cursor, expected, lease }: Batch,
): Promise<void> {
  if (lease) {
    const held = (await readFields<StoredLease>(redis, keys.leases, [lease.name])).get(lease.name);
    if (held?.fence !== lease.fence) {
      throw new TrestleError(
        "conflict",
        `Another has taken ${lease.name} over. Nothing of this batch was stored: leave this source to it.`,
      );
    }
  }
  if (!cursor) return;
  const found = (await readFields<Cursor>(redis, keys.cursors, [cursor.key])).get(cursor.key);
  if (found?.offset === expected?.offset && found?.head === expected?.head) return;
  throw new TrestleError(
    "conflict",
    `${cursor.path} was read on by another, up to byte ${found?.offset ?? 0} and not ${expected?.offset ?? 0}. ` +
      "Nothing of this batch was stored: read on from the stored cursor.",
  );
}

async function readKnown(
  redis: Connection,
  keys: Keys,
  { records, facts, sessions }: Batch,
): Promise<Known> {
  const taskIds = facts.tasks.map(({ taskId }) => taskId);
  const aliases = await readFields<string>(redis, keys.aliases, taskIds);
  const places = await readFields<number>(
    redis,
    keys.places,
    records.map(({ id }) => id),
  );
  const sessionIds = [...sessions.keys(), ...records.map(({ sessionId }) => sessionId)];
  return {
    records: new Set(places.keys()),
    aliases,
    tasks: await readFields<TaskState>(
      redis,
      keys.tasks,
      taskIds.map((id) => aliases.get(id) ?? id),
    ),
    groups: await readFields<ErrorGroup>(
      redis,
      keys.groups,
      facts.errors.map(({ group }) => group),
    ),
    sessions: await readFields<Session>(redis, keys.sessions, sessionIds),
    responses: await readFields<UsageFact>(
      redis,
      keys.responses,
      facts.usage.map(({ responseId }) => responseId),
    ),
    horizon: (await readFields<number>(redis, keys.meta, ["horizon"])).get("horizon") ?? -1,
  };
}

async function lastPlace(
  redis: Connection,
  keys: Keys,
  from: number,
  to: number,
): Promise<number | undefined> {
  const [last] = await redis.ask<string[]>(
    "ZREVRANGEBYSCORE",
    keys.order,
    `(${to}`,
    from,
    "LIMIT",
    0,
    1,
  );
  return last === undefined ? undefined : Number(last);
}

function storeRecords({ records }: Plan, keys: Keys): Command[] {
  const members = new Map<string, (string | number)[]>();
  const add = (key: string, score: number, member: string | number) => {
    const list = members.get(key);
    if (list) list.push(score, member);
    else members.set(key, [score, member]);
  };
  const bodies: [string, unknown][] = [];
  const words = new Set<string>();
  for (const planned of records) {
    const { place, record, project, facts } = planned;
    bodies.push([String(place), { record, project, facts } satisfies StoredRecord]);
    for (const key of keysOf(planned, keys)) add(key, place, place);
    for (const word of distinctWords(planned)) words.add(word);
    for (const [key, member] of factMembers(planned, keys)) add(key, place, member);
  }
  const bytes = bodies.reduce((sum, [, body]) => sum + JSON.stringify(body).length, 0);
  return [
    ...hashSet(keys.records, bodies),
    ...hashSet(
      keys.places,
      records.map(({ record, place }) => [record.id, place]),
    ),
    ...[...members].map(([key, list]): Command => ["ZADD", key, ...list]),
    ...(words.size === 0
      ? []
      : [["ZADD", keys.vocabulary, ...[...words].flatMap((word) => [0, word])] as Command]),
    ...(bytes === 0 ? [] : [["HINCRBY", keys.meta, "bytes", bytes] as Command]),
  ];
}

function storeTaskFacts({ facts }: Plan, { aliases }: Known, keys: Keys): Command[] {
  return facts.tasks.map((fact) => [
    "ZADD",
    keys.taskFacts(aliases.get(fact.taskId) ?? fact.taskId),
    fact.at,
    JSON.stringify(fact),
  ]);
}

export type Placed = Pick<PlannedRecord, "place" | "record" | "project" | "facts">;

/** The sorted sets that the record's place is a member of. */
export function keysOf(placed: Placed, keys: Keys): string[] {
  const { record, project } = placed;
  return [
    keys.order,
    keys.ofSession(record.sessionId),
    keys.ofProject(project),
    ...[...distinctWords(placed)].map(keys.word),
  ];
}

export function factMembers({ place, facts }: Placed, keys: Keys): [key: string, member: string][] {
  const found: [string, string][] = [];
  const add = (kind: FactKind, of: string, n: number) => {
    for (const key of [keys.facts(kind), keys.facts(kind, of)]) found.push([key, `${place}#${n}`]);
  };
  for (const [n, { group }] of facts.errors.entries()) add("errors", group, n);
  for (const [n, { command }] of facts.runs.entries()) add("runs", command, n);
  for (const [n, { path }] of facts.edits.entries()) add("edits", path, n);
  return found;
}

function distinctWords({ record }: Pick<Placed, "record">): Set<string> {
  const words = new Set<string>();
  for (const { text } of textsOf(record)) for (const { word } of wordsOf(text)) words.add(word);
  return words;
}

function storeSessions({ sessions }: Plan, keys: Keys): Command[] {
  const all = [...sessions.values()];
  if (all.length === 0) return [];
  return [
    ...hashSet(
      keys.sessions,
      all.map((session) => [session.id, session]),
    ),
    ["ZADD", keys.sessionOrder, ...all.flatMap(({ id, lastAt }) => [lastAt, id])],
  ];
}

function storeSums({ errors, runs, edits, usage }: Sums, keys: Keys): Command[] {
  const add = (
    kind: FactKind | "usage",
    at: number,
    field: readonly unknown[],
    count: number,
  ): Command[] => {
    const day = floorTo(at, DAY_MS);
    if (count === 0) return [];
    return [
      ["HINCRBY", keys.sums(kind, day), JSON.stringify(field), count],
      ["ZADD", keys.sumDays(kind), day, day],
    ];
  };
  return [
    ...errors.flatMap(({ group, project, span, count }) =>
      add("errors", span, [group, project, span], count),
    ),
    ...runs.flatMap(({ command, project, day, test, ok, failed }) => [
      ...add("runs", day, [command, project, test, "ok"], ok),
      ...add("runs", day, [command, project, test, "failed"], failed),
    ]),
    ...edits.flatMap(({ path, project, day, count }) => add("edits", day, [path, project], count)),
    ...usage.flatMap((row) =>
      (["responses", ...TOKENS] as const).flatMap((name) =>
        add("usage", row.hour, [row.hour, row.sessionId, row.project, row.model, name], row[name]),
      ),
    ),
  ];
}

async function storeProgress(
  redis: Connection,
  keys: Keys,
  batch: Batch,
  now: number,
): Promise<Command[]> {
  const { cursor, memories, skipped } = batch;
  const source = cursor?.source ?? "";
  const kept = [...memories].filter(([, body]) => body !== "");
  const forgotten = [...memories.keys()].filter((name) => memories.get(name) === "");
  const counted = [...skipped].map(([reason, count]) => ({
    name: JSON.stringify([source, reason]),
    reason,
    count,
  }));
  const before = await readFields<SkippedLines>(
    redis,
    keys.skipped,
    counted.map(({ name }) => name),
  );
  return [
    ...(cursor ? hashSet(keys.cursors, [[cursor.key, cursor]]) : []),
    ...hashSet(keys.memories, kept),
    ...(forgotten.length === 0 ? [] : [["HDEL", keys.memories, ...forgotten] as Command]),
    ...hashSet(
      keys.skipped,
      counted.map(({ name, reason, count }) => [
        name,
        {
          source,
          reason,
          count: count + (before.get(name)?.count ?? 0),
          lastAt: now,
        } satisfies SkippedLines,
      ]),
    ),
  ];
}
