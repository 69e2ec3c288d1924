import type { Facts } from "../../model/facts.ts";
import type { UsageSum } from "../../model/session.ts";
import { floorTo, HOUR_MS } from "../commit/sums.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { FactQuery, Page, SumQuery, UsageQuery } from "../queries.ts";
import type { TrackerStore } from "../tracker-store.ts";
import type { Connection } from "./connection.ts";
import type { FactKind, Keys } from "./keys.ts";
import { placesIn, readPlaces } from "./read-records.ts";
import { readMembers } from "./reads.ts";
import { readSums } from "./sums.ts";

type FactReads = Pick<
  TrackerStore,
  "errorEvents" | "runs" | "edits" | "runSums" | "editSums" | "usage"
>;

const CHUNK = 500;

export function createFactReads(redis: Connection, keys: Keys): FactReads {
  return {
    errorEvents: (query) => readFacts(redis, keys, { query, kind: "errors", of: query.group }),
    runs: (query) =>
      readFacts(redis, keys, {
        ...{ query, kind: "runs", of: query.command },
        isWanted: ({ test }) => query.test === undefined || test === query.test,
      }),
    edits: (query) => readFacts(redis, keys, { query, kind: "edits", of: query.path }),
    runSums: async (query) => sumRuns(await readSums(redis, keys, "runs", query), query),
    editSums: async (query) => sumEdits(await readSums(redis, keys, "edits", query), query),
    usage: async (query) => sumUsage(await readSums(redis, keys, "usage", query), query),
  };
}

interface FactRead<Kind extends FactKind> {
  readonly query: FactQuery;
  readonly kind: Kind;
  readonly of: string | undefined;
  readonly isWanted?: (fact: Facts[Kind][number]) => boolean;
}

async function readFacts<Kind extends FactKind>(
  redis: Connection,
  keys: Keys,
  { query, kind, of, isWanted = () => true }: FactRead<Kind>,
): Promise<Page<Facts[Kind][number]>> {
  const limit = limitOf(query);
  const [after, nth] = placeOf(query, 2) ?? [];
  const newest = query.newest ?? false;
  let { from, to } = placesIn(query);
  if (after !== undefined && newest) to = Math.min(to, Number(after) + 1);
  if (after !== undefined && !newest) from = Math.max(from, Number(after));
  const found: { place: number; n: number; fact: Facts[Kind][number] }[] = [];
  const seen = new Set<string>();
  while (found.length <= limit) {
    const members = await readMembers(redis, {
      key: keys.facts(kind, of),
      from,
      to,
      newest,
      limit: CHUNK,
    });
    const places = members.map((member) => member.split("#").map(Number) as [number, number]);
    const stored = await readPlaces(
      redis,
      keys,
      places.map(([place]) => place),
    );
    for (const [place, n] of places) {
      const fact = stored.get(place)?.facts[kind][n] as Facts[Kind][number] | undefined;
      const isShown = place === after && (newest ? n >= Number(nth) : n <= Number(nth));
      if (!fact || isShown || seen.has(`${place}#${n}`)) continue;
      seen.add(`${place}#${n}`);
      if (isOf(fact, query) && isWanted(fact)) found.push({ place, n, fact });
    }
    const last = places.at(-1)?.[0];
    if (last === undefined || places.length < CHUNK) break;
    // Facts of the last record may go on in the next chunk.
    if (newest) to = last + 1;
    else from = last;
  }
  return toPage(found, {
    limit,
    placeOf: ({ place, n }) => [place, n],
    toItem: ({ fact }) => fact,
  });
}

function isOf(
  fact: { readonly project: string; readonly sessionId: string },
  query: FactQuery,
): boolean {
  if (query.project !== undefined && fact.project !== query.project) return false;
  return query.sessionId === undefined || fact.sessionId === query.sessionId;
}

interface Sum<Field> {
  readonly field: Field;
  readonly count: number;
}

type RunField = readonly [command: string, project: string, test: boolean, end: "ok" | "failed"];

function sumRuns(sums: readonly Sum<RunField>[], query: SumQuery) {
  const found = new Map<string, { command: string; test: boolean; ok: number; failed: number }>();
  for (const { field, count } of sums) {
    const [command, project, test, end] = field;
    if (query.project !== undefined && project !== query.project) continue;
    const run = found.get(command) ?? { command, test: false, ok: 0, failed: 0 };
    run.test ||= test;
    run[end] += count;
    found.set(command, run);
  }
  return [...found.values()]
    .sort(
      (one, other) =>
        other.failed - one.failed || other.ok - one.ok || (one.command < other.command ? -1 : 1),
    )
    .slice(0, limitOf(query));
}

function sumEdits(sums: readonly Sum<readonly [path: string, project: string]>[], query: SumQuery) {
  const found = new Map<string, number>();
  for (const { field, count } of sums) {
    const [path, project] = field;
    if (query.project !== undefined && project !== query.project) continue;
    found.set(path, (found.get(path) ?? 0) + count);
  }
  return [...found]
    .map(([path, count]) => ({ path, count }))
    .sort((one, other) => other.count - one.count || (one.path < other.path ? -1 : 1))
    .slice(0, limitOf(query));
}

type UsageField = readonly [
  hour: number,
  session: string,
  project: string,
  model: string,
  name: Exclude<keyof UsageSum, "key" | "model">,
];

function sumUsage(sums: readonly Sum<UsageField>[], query: UsageQuery): UsageSum[] {
  const { from = 0, to = Number.POSITIVE_INFINITY } = query;
  const found = new Map<string, { -readonly [Name in keyof UsageSum]: UsageSum[Name] }>();
  for (const { field, count } of sums) {
    const [hour, session, project, model, name] = field;
    if (hour < floorTo(from, HOUR_MS) || hour >= to) continue;
    if (query.project !== undefined && project !== query.project) continue;
    if (query.sessionId !== undefined && session !== query.sessionId) continue;
    if (query.model !== undefined && model !== query.model) continue;
    const key = {
      session,
      model,
      project,
      all: "",
      day: new Date(hour).toISOString().slice(0, 10),
    }[query.by];
    const id = JSON.stringify([key, model]);
    const sum = found.get(id) ?? {
      ...{ key, model, responses: 0, inputTokens: 0, outputTokens: 0 },
      ...{ cacheReadTokens: 0, cacheWriteTokens: 0, cacheWriteHourTokens: 0 },
    };
    sum[name] += count;
    found.set(id, sum);
  }
  return [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, sum]) => sum)
    .filter(({ responses }) => responses > 0);
}
