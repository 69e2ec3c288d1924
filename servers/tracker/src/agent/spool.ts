import { join } from "node:path";
import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import { type Migration, openSqlite, type SqlStatement, takeFolderLock } from "@trestle/store";
import type { Cursor } from "../store/tracker-store.ts";
import type { AgentMessage } from "./wire.ts";

/** A message before it has its number. */
export type Unnumbered = AgentMessage extends infer One
  ? One extends AgentMessage
    ? Omit<One, "seq" | "stream">
    : never
  : never;

export interface Spooled {
  readonly n: number;
  readonly bytes: number;
  readonly body: string;
}

/** Everything that one step of an agent stores: all of it or nothing. */
export interface SpoolStep {
  /** Names of what is told of: a file, or what is checked. */
  readonly of: string;
  readonly messages: readonly Unnumbered[];
  readonly statements?: readonly SqlStatement[];
}

/**
 * What an agent has read and not delivered yet, with how far it has read, in one file: what was added survives a
 * kill until it is delivered, and nothing is read twice.
 */
export interface Spool {
  /** Resolves when it is stored; waits before that while there is no room. Rejects with `unavailable` once closed. */
  add(step: SpoolStep): Promise<void>;
  /** The first that wait, in their order, up to so many bytes; at least one where any waits. */
  next(mostBytes: number): readonly Spooled[];
  /** They are delivered. */
  remove(upTo: number): Promise<void>;
  /** Resolves when something was added since it was called, or when `signal` ends. */
  added(signal: AbortSignal): Promise<void>;
  readonly waiting: { readonly messages: number; readonly bytes: number; readonly isFull: boolean };
  cursor(key: string): Cursor | undefined;
  cursors(): readonly Cursor[];
  memories(keys: readonly string[]): ReadonlyMap<string, string>;
  project(sessionId: string): string | undefined;
  write(statements: readonly SqlStatement[]): Promise<void>;
  close(): Promise<void>;
}

const migrations: readonly Migration[] = [
  {
    name: "spool",
    sql: `CREATE TABLE spool (id TEXT NOT NULL) STRICT;
      CREATE TABLE message (n INTEGER PRIMARY KEY AUTOINCREMENT, bytes INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE stream (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE cursor (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE memory (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE session (id TEXT PRIMARY KEY, project TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  },
];

export async function openSpool(options: {
  readonly folder: string;
  /** What waits may take so many bytes; one message always may. */
  readonly mostBytes: number;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Spool> {
  const { folder, mostBytes, newId, clock, log } = options;
  const sqlite = await openSqlite({ file: join(folder, "spool.db"), migrations, clock, log });
  const lock = takeFolderLock(folder, 0);
  if (lock === undefined) {
    await sqlite.close();
    throw new TrestleError(
      "conflict",
      `Another agent runs with the spool ${folder}: stop it, or give this one its own.`,
    );
  }
  if (sqlite.read("SELECT 1 FROM spool").length === 0) {
    await sqlite.write([{ sql: "INSERT INTO spool VALUES (?)", params: [newId()] }]);
  }
  // A spool that was made anew begins to count anew: its streams are others.
  const id = String(sqlite.read("SELECT id FROM spool")[0]?.id);
  const [sum] = sqlite.read(
    "SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM message",
  );
  let messages = Number(sum?.messages);
  let bytes = Number(sum?.bytes);
  let isClosed = false;
  const waiters = new Set<() => void>();
  let last: Promise<unknown> = Promise.resolve();

  function wake(): void {
    for (const waiter of [...waiters]) waiter();
  }

  function changed(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        waiters.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      waiters.add(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  async function addInTurn({ of, messages: given, statements = [] }: SpoolStep): Promise<void> {
    const stream = `${id}/${of}`;
    const [row] = sqlite.read("SELECT seq FROM stream WHERE name = ?", [stream]);
    let seq = Number(row?.seq ?? 0);
    const rows = given.map((message) => {
      seq += 1;
      const body = JSON.stringify({ ...message, stream, seq });
      return [Buffer.byteLength(body), body] as const;
    });
    const size = rows.reduce((all, [own]) => all + own, 0);
    while (bytes > 0 && bytes + size > mostBytes && !isClosed) await changed();
    if (isClosed) throw new TrestleError("unavailable", "The agent ends.");
    await sqlite.write([
      ...statements,
      ...(rows.length === 0
        ? []
        : [
            { sql: "INSERT INTO message (bytes, body) VALUES (?, ?)", each: rows },
            {
              sql: "INSERT INTO stream VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
              params: [stream, seq],
            },
          ]),
    ]);
    messages += rows.length;
    bytes += size;
    if (rows.length > 0) wake();
  }

  return {
    add(step) {
      const turn = last.then(() => addInTurn(step));
      last = turn.catch(() => {});
      return turn;
    },
    next(most) {
      const found: Spooled[] = [];
      let size = 0;
      for (const row of sqlite.read("SELECT n, bytes, body FROM message ORDER BY n LIMIT 200")) {
        size += Number(row.bytes);
        if (found.length > 0 && size > most) break;
        found.push({ n: Number(row.n), bytes: Number(row.bytes), body: String(row.body) });
      }
      return found;
    },
    async remove(upTo) {
      await sqlite.write([{ sql: "DELETE FROM message WHERE n <= ?", params: [upTo] }]);
      const [left] = sqlite.read(
        "SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM message",
      );
      messages = Number(left?.messages);
      bytes = Number(left?.bytes);
      wake();
    },
    added: changed,
    get waiting() {
      return { messages, bytes, isFull: bytes >= mostBytes };
    },
    cursor: (key) => readBodies<Cursor>("cursor", [key]).get(key),
    cursors: () =>
      sqlite.read("SELECT body FROM cursor").map(({ body }) => JSON.parse(String(body)) as Cursor),
    memories(keys) {
      const rows = sqlite.read(
        "SELECT key, body FROM memory WHERE key IN (SELECT value FROM json_each(?))",
        [JSON.stringify(keys)],
      );
      return new Map(rows.map(({ key, body }) => [String(key), String(body)]));
    },
    project(sessionId) {
      const [row] = sqlite.read("SELECT project FROM session WHERE id = ?", [sessionId]);
      return row && String(row.project);
    },
    async write(statements) {
      await sqlite.write(statements);
    },
    async close() {
      isClosed = true;
      wake();
      await last;
      await sqlite.close();
      lock.release();
    },
  };

  function readBodies<Value>(table: "cursor", keys: readonly string[]): Map<string, Value> {
    const sql = `SELECT key, body FROM ${table} WHERE key IN (SELECT value FROM json_each(?))`;
    const rows = sqlite.read(sql, [JSON.stringify(keys)]);
    return new Map(rows.map(({ key, body }) => [String(key), JSON.parse(String(body)) as Value]));
  }
}
