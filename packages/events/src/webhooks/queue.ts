import { randomUUID } from "node:crypto";
import type { Clock, Logger } from "@trestle/protocol";
import {
  enforceQuota,
  type Migration,
  openSqlite,
  type Row,
  type SqlStatement,
} from "@trestle/store";
import type { HubEvent } from "../hub/event.ts";

/** One event on its way to one target. Times are epoch milliseconds. */
export interface Delivery {
  /** The same at each attempt. */
  readonly id: string;
  readonly target: string;
  readonly event: HubEvent;
  readonly state: "waiting" | "dead";
  readonly attempts: number;
  readonly createdAt: number;
  /** When it is tried next, or when it died. */
  readonly nextAt: number;
  readonly lastError?: string;
}

/** How many deliveries of one target there are. */
export interface DeliveryCounts {
  readonly target: string;
  readonly waiting: number;
  readonly dead: number;
}

/** Deliveries in a file: what was added survives a kill until it is delivered or given up. */
export interface DeliveryQueue {
  /** Adds one delivery for each target; `seq` is remembered with them. */
  add(event: HubEvent, targets: readonly string[]): Promise<void>;
  /** Remembers that no target wants this event; not at once, as nothing is lost by it. */
  skip(seq: number): void;
  /** The number of the last event added or skipped. */
  lastSeq(): number;
  /** Targets that deliveries wait for. */
  targets(): readonly string[];
  /** What is due for a target, longest first. */
  due(target: string, now: number, limit: number): Delivery[];
  /** When the next delivery after this time is due; undefined where none is. */
  nextDue(after: number): number | undefined;
  list(state: Delivery["state"], limit: number): Delivery[];
  counts(): DeliveryCounts[];
  remove(id: string): Promise<void>;
  postpone(id: string, nextAt: number, error: string): Promise<void>;
  bury(id: string, error: string): Promise<void>;
  /** A dead delivery waits again, with no attempts counted; false where there is none. */
  revive(id: string): Promise<boolean>;
  close(): Promise<void>;
}

const migrations: readonly Migration[] = [
  {
    name: "deliveries",
    sql: `CREATE TABLE delivery (
      id TEXT PRIMARY KEY, target TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, next_at INTEGER NOT NULL,
      last_error TEXT
    ) STRICT;
    CREATE INDEX delivery_due ON delivery (state, next_at);
    CREATE INDEX delivery_target ON delivery (state, target, next_at);
    CREATE TABLE position (seq INTEGER NOT NULL) STRICT;
    INSERT INTO position VALUES (0)`,
  },
];

/** What waits for one target; more goes to the dead letters at once, so that a lost target fills no disk. */
const MAX_WAITING = 10_000;
const MAX_DEAD = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** What waits is never dropped; where it fills all there is, no more is taken. */
const RETENTION = [
  `DELETE FROM delivery WHERE id IN (
    SELECT id FROM delivery WHERE state = 'dead' ORDER BY next_at LIMIT :rows)`,
];

export async function openDeliveryQueue(options: {
  readonly file: string;
  /** What the file may hold: the oldest dead letters make room. 256 MiB by default. */
  readonly maxBytes?: number;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<DeliveryQueue> {
  const { clock, log, maxBytes = MAX_BYTES } = options;
  const file = await openSqlite({ ...options, migrations });
  const sqlite = enforceQuota(file, { maxBytes, retention: RETENTION, clock, log });

  async function change(sql: string, params: SqlStatement["params"] = []): Promise<number> {
    const results = await sqlite.write([{ sql, params }]);
    return results[0]?.changes ?? 0;
  }

  return {
    async add(event, targets) {
      const inserts = targets.map((target) => toInsert(event, target, clock.now()));
      await sqlite.write([...inserts, toPosition(event.seq)]);
    },
    skip: (seq) => sqlite.append(toPosition(seq)),
    lastSeq: () => Number(sqlite.read("SELECT seq FROM position")[0]?.seq ?? 0),
    targets: () => sqlite.read(TARGETS).map(({ target }) => String(target)),
    due: (target, now, limit) => sqlite.read(DUE, [target, now, limit]).map(toDelivery),
    nextDue(after) {
      const sql = "SELECT min(next_at) AS at FROM delivery WHERE state = 'waiting' AND next_at > ?";
      const at = sqlite.read(sql, [after])[0]?.at ?? null;
      return at === null ? undefined : Number(at);
    },
    list: (state, limit) =>
      sqlite
        .read("SELECT * FROM delivery WHERE state = ? ORDER BY next_at LIMIT ?", [state, limit])
        .map(toDelivery),
    counts: () =>
      sqlite.read(COUNTS).map(({ target, waiting, dead }) => ({
        target: String(target),
        waiting: Number(waiting),
        dead: Number(dead),
      })),
    async remove(id) {
      await change("DELETE FROM delivery WHERE id = ?", [id]);
    },
    async postpone(id, nextAt, error) {
      await change(
        "UPDATE delivery SET attempts = attempts + 1, next_at = ?, last_error = ? WHERE id = ?",
        [nextAt, error, id],
      );
    },
    async bury(id, error) {
      const bury = `UPDATE delivery SET state = 'dead', attempts = attempts + 1, next_at = ?,
        last_error = ? WHERE id = ?`;
      const params = [clock.now(), error, id];
      await sqlite.write([
        { sql: bury, params },
        { sql: TRIM, params: [MAX_DEAD] },
      ]);
    },
    async revive(id) {
      const sql = `UPDATE delivery SET state = 'waiting', attempts = 0, next_at = ?
        WHERE id = ? AND state = 'dead'`;
      return (await change(sql, [clock.now(), id])) > 0;
    },
    close: sqlite.close,
  };
}

const DUE = `SELECT * FROM delivery WHERE state = 'waiting' AND target = ? AND next_at <= ?
  ORDER BY next_at, rowid LIMIT ?`;

const COUNTS = `SELECT target, count(*) FILTER (WHERE state = 'waiting') AS waiting,
  count(*) FILTER (WHERE state = 'dead') AS dead FROM delivery GROUP BY target ORDER BY target`;

/** From one target to the next in the index, so that many deliveries of one cost nothing. */
const TARGETS = `WITH RECURSIVE found (target) AS (
    SELECT min(target) FROM delivery WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(target) FROM delivery WHERE state = 'waiting' AND target > found.target)
    FROM found WHERE found.target IS NOT NULL
  ) SELECT target FROM found WHERE target IS NOT NULL`;

/** Oldest dead letters go first. */
const TRIM = `DELETE FROM delivery WHERE state = 'dead' AND next_at <
  (SELECT next_at FROM delivery WHERE state = 'dead' ORDER BY next_at DESC LIMIT 1 OFFSET ?)`;

function toPosition(seq: number): SqlStatement {
  return { sql: "UPDATE position SET seq = max(seq, ?)", params: [seq] };
}

function toInsert(event: HubEvent, target: string, now: number): SqlStatement {
  const sql = `INSERT INTO delivery (id, target, event, state, created_at, next_at, last_error)
    SELECT $id, $target, $event, iif(waiting < $most, 'waiting', 'dead'), $now, $now,
      iif(waiting < $most, NULL, 'too many deliveries wait for this target')
    FROM (SELECT count(*) AS waiting FROM delivery WHERE target = $target AND state = 'waiting')`;
  const params = { id: randomUUID(), target, event: JSON.stringify(event), now, most: MAX_WAITING };
  return { sql, params };
}

function toDelivery(row: Row): Delivery {
  return {
    id: String(row.id),
    target: String(row.target),
    event: JSON.parse(String(row.event)) as HubEvent,
    state: row.state === "dead" ? "dead" : "waiting",
    attempts: Number(row.attempts),
    createdAt: Number(row.created_at),
    nextAt: Number(row.next_at),
    ...(row.last_error === null ? {} : { lastError: String(row.last_error) }),
  };
}
