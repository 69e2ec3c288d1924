import { TrestleError } from "@trestle/protocol";
import type { SqlStatement } from "@trestle/store";
import type { ReadingStore } from "../ingest/open-ingestion.ts";
import type { TrackedRecord } from "../model/record.ts";
import type { Batch, Committed, Cursor } from "../store/tracker-store.ts";
import type { Spool, Unnumbered } from "./spool.ts";
import { MOST_BODY_BYTES } from "./wire.ts";

/** A message ends behind the record that makes it as long. */
const MESSAGE_BYTES = 2 ** 20;
/** Longer than this nobody takes it. */
const MOST_RECORD_BYTES = MOST_BODY_BYTES - 2 ** 20;
const MOST_RECORDS = 1_000;
const TOO_LONG = "too long to be sent";

/** What a reader stores into, where what it stores is to be delivered to another store. */
export function createSpoolingStore(spool: Spool, now: () => number): ReadingStore {
  return {
    async commit(batch) {
      const { cursor, expected } = batch;
      if (cursor !== undefined && !isSame(spool.cursor(cursor.key), expected)) {
        throw new TrestleError("conflict", `Another has read ${cursor.path} meanwhile.`);
      }
      const messages = messagesOf(batch);
      await spool.add({ of: cursor?.key ?? "", messages, statements: progressOf(batch) });
      const records = batch.records.map(({ id }) => id);
      return { ...NOTHING, records };
    },
    cursor: async (key) => spool.cursor(key),
    async cursors(source) {
      const all = spool.cursors();
      return source === undefined ? all : all.filter((cursor) => cursor.source === source);
    },
    forgetCursors: (keys) =>
      spool.write(keys.map((key) => ({ sql: "DELETE FROM cursor WHERE key = ?", params: [key] }))),
    memories: async (keys) => spool.memories(keys),
    // The spool's folder is locked: there is no other reader.
    takeLease: async (name, { ttlMs }) => ({ name, fence: 1, until: now() + ttlMs }),
    releaseLease: async () => {},
    async session(id) {
      const project = spool.project(id);
      if (project === undefined) return undefined;
      return { id, project, firstAt: 0, lastAt: 0, records: 0, errors: 0 };
    },
  };
}

const NOTHING: Committed = {
  records: [],
  expired: 0,
  tasks: [],
  newGroups: [],
  regressedGroups: [],
};

/** What was read, in pieces that a request has room for. */
function messagesOf({ cursor, records, sessions, skipped }: Batch): Unnumbered[] {
  const told = new Map(skipped);
  const pieces: TrackedRecord[][] = [[]];
  let size = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(JSON.stringify(record));
    if (bytes > MOST_RECORD_BYTES) {
      told.set(TOO_LONG, (told.get(TOO_LONG) ?? 0) + 1);
      continue;
    }
    const piece = pieces.at(-1) ?? [];
    if (piece.length > 0 && (size + bytes > MESSAGE_BYTES || piece.length >= MOST_RECORDS)) {
      pieces.push([record]);
      size = bytes;
    } else {
      piece.push(record);
      size += bytes;
    }
  }
  const { source = "", path = "", begunAt = 0 } = cursor ?? {};
  return pieces.flatMap((piece, n): Unnumbered[] => {
    const isLast = n === pieces.length - 1;
    const lines = isLast ? [...told] : [];
    if (piece.length === 0 && lines.length === 0) return [];
    const names = new Set(piece.map(({ sessionId }) => sessionId));
    const own = [...sessions]
      .filter(([id]) => names.has(id))
      .map(([id, facts]) => [id, { ...facts }]);
    return [
      {
        ...{ kind: "records", source, path, begunAt, records: piece, skipped: lines },
        sessions: own as [string, { project: string }][],
      },
    ];
  });
}

function progressOf({ cursor, memories, sessions }: Batch): SqlStatement[] {
  const put = (table: string) =>
    `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body`;
  const kept = [...memories].filter(([, body]) => body !== "");
  const gone = [...memories].filter(([, body]) => body === "");
  return [
    { sql: put("cursor"), each: cursor ? [[cursor.key, JSON.stringify(cursor)]] : [] },
    { sql: put("memory"), each: kept },
    { sql: "DELETE FROM memory WHERE key = ?", each: gone.map(([key]) => [key]) },
    {
      sql: "INSERT INTO session VALUES (?, ?) ON CONFLICT DO UPDATE SET project = excluded.project",
      each: [...sessions].map(([id, { project }]) => [id, project]),
    },
  ].filter(({ each }) => each.length > 0);
}

function isSame(one: Cursor | undefined, other: Cursor | undefined): boolean {
  return (
    one?.offset === other?.offset && one?.begunAt === other?.begunAt && one?.tail === other?.tail
  );
}
