import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { type Migration, openSqlite, type Row, type Sqlite } from "@trestle/store";
import type { HubEvent, HubMessage } from "./event.ts";

/** Events in a file, so that a hub remembers them after a restart. */
export interface EventLog {
  /** No number up to this one is given again. */
  readonly lastSeq: number;
  append(event: HubEvent): void;
  /** Everything after this number is in the file, or in the memory of the hub that writes it. */
  floor(): number;
  /** Messages after the number, oldest first. */
  after(seq: number): HubMessage[];
  close(): Promise<void>;
}

export interface EventLogOptions {
  readonly file: string;
  /** How many events the file keeps. */
  readonly keep: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const migrations: readonly Migration[] = [
  {
    name: "events",
    // A row without a topic is a gap that ends with its number; `ceiling` is the highest number that
    // may have been given, `floor` the highest that was deleted.
    sql: `CREATE TABLE event (
      seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, topic TEXT, payload TEXT NOT NULL
    ) STRICT;
    CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO mark VALUES ('ceiling', 0), ('floor', 0)`,
  },
  { name: "event sources", sql: "ALTER TABLE event ADD COLUMN source TEXT" },
];

/** Numbers are given ahead of the file by at most so many. */
const RESERVED = 10_000;
const READ_AT_ONCE = 200;
const INSERT = "INSERT INTO event (seq, time, topic, payload, source) VALUES (?, ?, ?, ?, ?)";

/**
 * Events reach the file within 50 ms, so a killed hub has told some of numbers that the file lacks.
 * Numbers are therefore reserved in advance: after a kill the next hub goes on above them and logs a
 * gap, and nobody who resumes takes one event for another.
 */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const sqlite = await openSqlite({ ...options, migrations });
  const lastLogged = lastSeqOf(sqlite);
  const lastSeq = Math.max(markOf(sqlite, "ceiling"), lastLogged);
  if (lastSeq > lastLogged && lastSeq > markOf(sqlite, "floor")) {
    const gap = JSON.stringify({ from: lastLogged + 1 });
    await sqlite.write([{ sql: INSERT, params: [lastSeq, options.clock.now(), null, gap, null] }]);
  }
  const writer = createLogWriter(sqlite, options.keep, lastSeq);
  await writer.reserve();
  return {
    lastSeq,
    append: writer.append,
    floor: () => markOf(sqlite, "floor"),
    after: (seq) =>
      sqlite
        .read("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?", [seq, READ_AT_ONCE])
        .map(toMessage),
    close: writer.close,
  };
}

function createLogWriter(sqlite: Sqlite, keep: number, lastSeq: number) {
  let seq = lastSeq;
  let ceiling = lastSeq;
  const trimEvery = Math.max(1, Math.floor(keep / 10));

  /** Deletes in steps, so that not every event pays for it. */
  function trim(): void {
    const floor = "(SELECT seq FROM event ORDER BY seq DESC LIMIT 1 OFFSET ?)";
    const sql = `UPDATE mark SET value = max(value, coalesce(${floor}, 0)) WHERE name = 'floor'`;
    sqlite.append({ sql, params: [keep] });
    sqlite.append({
      sql: "DELETE FROM event WHERE seq <= (SELECT value FROM mark WHERE name = 'floor')",
    });
  }

  const setCeiling = (value: number) => ({
    sql: "UPDATE mark SET value = ? WHERE name = 'ceiling'",
    params: [value],
  });

  return {
    async reserve(): Promise<void> {
      ceiling = lastSeq + RESERVED;
      await sqlite.write([setCeiling(ceiling)]);
    },
    append(event: HubEvent): void {
      seq = event.seq;
      const { time, topic, payload, source = null } = event;
      const params = [seq, time, topic, JSON.stringify(payload), source];
      sqlite.append({ sql: INSERT, params });
      if (seq % trimEvery === 0) trim();
      if (ceiling - seq > RESERVED / 2) return;
      ceiling += RESERVED;
      sqlite.append(setCeiling(ceiling));
    },
    async close(): Promise<void> {
      sqlite.append(setCeiling(seq)); // an orderly end leaves no gap
      await sqlite.close();
    },
  };
}

function lastSeqOf(sqlite: Sqlite): number {
  return Number(sqlite.read("SELECT max(seq) AS seq FROM event")[0]?.seq ?? 0);
}

function markOf(sqlite: Sqlite, name: "ceiling" | "floor"): number {
  return Number(sqlite.read("SELECT value FROM mark WHERE name = ?", [name])[0]?.value ?? 0);
}

function toMessage(row: Row): HubMessage {
  const seq = Number(row.seq);
  const payload = JSON.parse(String(row.payload)) as JsonObject;
  if (row.topic === null) return { kind: "gap", gap: { from: Number(payload.from), to: seq } };
  const source = row.source === null ? {} : { source: String(row.source) };
  const event = { seq, time: Number(row.time), topic: String(row.topic), payload, ...source };
  return { kind: "event", event };
}
