import type { Session } from "../../model/session.ts";
import { firstPlace } from "../commit/places.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { RecordQuery, SessionQuery, TimeRange } from "../queries.ts";
import type { StoredRecord, TrackerStore } from "../tracker-store.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readFields, readMembers } from "./reads.ts";

type RecordReads = Pick<TrackerStore, "session" | "sessions" | "record" | "records">;

/** Read at once where filters let only some through. */
const CHUNK = 200;

export function createRecordReads(redis: Connection, keys: Keys): RecordReads {
  return {
    session: async (id) => (await readFields<Session>(redis, keys.sessions, [id])).get(id),
    sessions: (query = {}) => readSessions(redis, keys, query),
    async record(id) {
      const place = (await readFields<number>(redis, keys.places, [id])).get(id);
      if (place === undefined) return undefined;
      return (await readPlaces(redis, keys, [place])).get(place);
    },
    records: (query) => readRecords(redis, keys, query),
  };
}

/** The records at these places, with what is known of their sessions now. */
export async function readPlaces(
  redis: Connection,
  keys: Keys,
  places: readonly number[],
): Promise<Map<number, StoredRecord>> {
  const stored = await readFields<StoredRecord>(redis, keys.records, places);
  const ids = [...stored.values()].map(({ record }) => record.sessionId);
  const sessions = await readFields<Session>(redis, keys.sessions, ids);
  const found = new Map<number, StoredRecord>();
  for (const [place, { record, facts, project }] of stored) {
    const session = sessions.get(record.sessionId);
    found.set(Number(place), {
      ...{ record, facts, project: session?.project ?? project },
      ...(session?.agent === undefined ? {} : { agent: session.agent }),
    });
  }
  return found;
}

/** A range of times as one of places. */
export function placesIn({ from, to }: TimeRange): { readonly from: number; readonly to: number } {
  return {
    from: firstPlace(from ?? 0),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : firstPlace(to),
  };
}

async function readSessions(redis: Connection, keys: Keys, query: SessionQuery) {
  const limit = limitOf(query);
  const [at, name] = placeOf(query, 2) ?? [];
  const found: Session[] = [];
  const max = at === undefined ? `(${query.to ?? "+inf"}` : String(at);
  for (let offset = 0; found.length <= limit; offset += CHUNK) {
    const range = [
      max === "(+inf" ? "+inf" : max,
      query.from ?? "-inf",
      "LIMIT",
      offset,
      CHUNK,
    ] as const;
    const ids = await redis.ask<string[]>("ZREVRANGEBYSCORE", keys.sessionOrder, ...range);
    const sessions = await readFields<Session>(redis, keys.sessions, ids);
    for (const id of ids) {
      const session = sessions.get(id);
      const isShown = session && session.lastAt === Number(at) && id >= String(name);
      if (session && !isShown && isWanted(session, query)) found.push(session);
    }
    if (ids.length < CHUNK) break;
  }
  return toPage(found, {
    limit,
    placeOf: ({ lastAt, id }) => [lastAt, id],
    toItem: (session) => session,
  });
}

function isWanted({ project, agent, lastAt }: Session, query: SessionQuery): boolean {
  if (query.project !== undefined && project !== query.project) return false;
  if (query.to !== undefined && lastAt >= query.to) return false;
  return query.agent === undefined || agent === query.agent;
}

async function readRecords(redis: Connection, keys: Keys, query: RecordQuery) {
  const limit = limitOf(query);
  const [after] = placeOf(query, 1) ?? [];
  const key = query.sessionId === undefined ? keys.order : keys.ofSession(query.sessionId);
  const newest = query.newest ?? false;
  let { from, to } = placesIn(query);
  if (after !== undefined && newest) to = Math.min(to, Number(after));
  if (after !== undefined && !newest) from = Math.max(from, Number(after) + 1);
  const found: { place: number; stored: StoredRecord }[] = [];
  while (found.length <= limit) {
    const places = (await readMembers(redis, { key, from, to, newest, limit: CHUNK })).map(Number);
    const stored = await readPlaces(redis, keys, places);
    for (const place of places) {
      const one = stored.get(place);
      const isOfLane = query.laneId === undefined || one?.record.laneId === query.laneId;
      if (one && isOfLane) found.push({ place, stored: one });
    }
    const last = places.at(-1);
    if (last === undefined || places.length < CHUNK) break;
    if (newest) to = last;
    else from = last + 1;
  }
  return toPage(found, {
    limit,
    placeOf: ({ place }) => [place],
    toItem: ({ stored }) => stored.record,
  });
}
