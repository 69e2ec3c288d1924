import { type Clock, type Logger, silentLogger, systemClock } from "@trestle/protocol";
import type { Bus } from "../bus/bus.ts";
import type { Sqlite } from "../sqlite.ts";
import type { SqlStatement } from "../sqlite-statement.ts";
import type { Log, LogEntry, LogRange, LogRetention } from "./log.ts";
import { createTails } from "./log-tails.ts";

export interface SqliteLogOptions {
  /** Opened with `portMigrations`; with durability `full` where entries must survive power loss. */
  readonly sqlite: Sqlite;
  /** Tells the tails of other processes at once what `append` stored; they look every 50 ms anyway. */
  readonly bus?: Bus;
  readonly clock?: Clock;
  readonly log?: Logger;
}

const DEFAULT_LIMIT = 1_000;
/** So many at once, so that a large trim lets others write in between. */
const TRIM_BATCH = 5_000;

/** Streams in a SQLite file, for all processes that have it open. Close it before the file. */
export function createSqliteLog(options: SqliteLogOptions): Log {
  const { sqlite, bus, clock = systemClock, log = silentLogger } = options;
  const tails = createTails({ sqlite, bus, clock, log, read });

  async function append(topic: string, texts: readonly string[]): Promise<number> {
    const at = clock.now();
    const statements = texts.map((text) => insertion({ topic, at, text }));
    const results = await sqlite.write([...statements, lastSeqOf(topic)]);
    tails.changed(topic);
    return Number(results.at(-1)?.rows[0]?.last_seq ?? 0);
  }

  function read(topic: string, { sinceSeq, limit = DEFAULT_LIMIT }: LogRange): LogEntry[] {
    const rows = sqlite.read(readAfter, { topic, sinceSeq, limit });
    return rows.map(({ seq, at, text }) => ({
      seq: Number(seq),
      at: Number(at),
      text: String(text),
    }));
  }

  async function trim(topic: string, retention: LogRetention): Promise<number> {
    const { maxEntries = null, maxAgeMs } = retention;
    const oldest = maxAgeMs === undefined ? null : clock.now() - maxAgeMs;
    await sqlite.write([{ sql: raiseFirst, params: { topic, maxEntries, oldest } }]);
    for (let trimmed = 0; ; ) {
      const [deleted] = await sqlite.write([
        { sql: deleteBeforeFirst, params: { topic, batch: TRIM_BATCH } },
      ]);
      trimmed += deleted?.changes ?? 0;
      if (deleted?.changes !== TRIM_BATCH) return trimmed;
    }
  }

  return {
    append,
    appendSoon: (topic, text) => sqlite.append(insertion({ topic, at: clock.now(), text })),
    flush: sqlite.flush,
    read: async (topic, range) => read(topic, range),
    async bounds(topic) {
      const sql = "SELECT first_seq, last_seq FROM log_topic WHERE name = ?";
      const [row] = sqlite.read(sql, [topic]);
      return { first: Number(row?.first_seq ?? 1), last: Number(row?.last_seq ?? 0) };
    },
    trim,
    tail: tails.add,
    close: async () => tails.close(),
  };
}

function insertion({ topic, at, text }: { topic: string; at: number; text: string }): SqlStatement {
  return { sql: "INSERT INTO log_append VALUES (?, ?, ?)", params: [topic, at, text] };
}

function lastSeqOf(topic: string): SqlStatement {
  return { sql: "SELECT last_seq FROM log_topic WHERE name = ?", params: [topic] };
}

/** What is being trimmed is not seen any more. */
const readAfter = `
  SELECT seq, at, text FROM log_topic JOIN log_entry ON topic = id
  WHERE name = :topic AND seq > :sinceSeq AND seq >= first_seq ORDER BY seq LIMIT :limit`;

/** By age all before the first entry that is young enough: a clock set back deletes too little. */
const raiseFirst = `
  UPDATE log_topic SET first_seq = max(
    first_seq,
    CASE WHEN :maxEntries IS NULL THEN 0 ELSE last_seq - :maxEntries + 1 END,
    CASE WHEN :oldest IS NULL THEN 0 ELSE coalesce(
      (SELECT seq FROM log_entry WHERE topic = id AND at >= :oldest ORDER BY seq LIMIT 1),
      last_seq + 1) END)
  WHERE name = :topic`;

const deleteBeforeFirst = `
  DELETE FROM log_entry WHERE (topic, seq) IN (
    SELECT topic, seq FROM log_topic JOIN log_entry ON topic = id
    WHERE name = :topic AND seq < first_seq ORDER BY seq LIMIT :batch)`;
