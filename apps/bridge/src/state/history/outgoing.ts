import type { Row, Sqlite, SqlStatement } from "@trestle/store";

/** Executions on their way to where several bridges keep them. Their place here is remembered in the same file. */
export interface Outgoing {
  /** Those that are to be copied next, the oldest first. */
  next(limit: number): OutgoingBatch;
  /** Remembers that a batch was copied; those that still run are copied once more when they end. */
  copied(batch: OutgoingBatch): Promise<void>;
  lag(): OutgoingLag;
  /** Rows that were deleted before they were copied, since copies are made. */
  lost(): number;
}

export interface OutgoingBatch {
  readonly rows: readonly Row[];
  /** Up to where the history is looked through with this batch. */
  readonly upTo: number;
}

export interface OutgoingLag {
  readonly rows: number;
  /** When the oldest of them began, in epoch milliseconds. */
  readonly since?: number;
}

const NEW = "SELECT * FROM executions WHERE seq > ? ORDER BY seq LIMIT ?";
const ENDED = `SELECT executions.* FROM copy_running JOIN executions USING (seq)
  WHERE outcome <> 'started' ORDER BY seq LIMIT ?`;
const PLACE = "SELECT seq FROM copy_place";
const ALREADY = `SELECT (SELECT seq FROM copy_place) AS seq,
  (SELECT MAX(seq) FROM executions) AS last,
  (SELECT started_at FROM executions WHERE seq > (SELECT seq FROM copy_place) ORDER BY seq LIMIT 1) AS since`;

/** While nothing is copied as many more rows wait than are kept otherwise. */
const WAITING_FACTOR = 10;

/** Deletes the rows that are too old; one that is still to be copied only where far too many wait. */
export const TRIM_COPIED = `DELETE FROM executions WHERE seq <= MIN(
    (SELECT MAX(seq) FROM executions) - ?1,
    MAX((SELECT seq FROM copy_place), (SELECT MAX(seq) FROM executions) - ?1 * ${WAITING_FACTOR}))
  AND seq NOT IN (SELECT seq FROM copy_running)`;

/** From the first time on, what is deleted before it was copied is counted. */
export async function countLost(database: Sqlite): Promise<void> {
  if (database.read("SELECT counts FROM copy_place")[0]?.counts === 1) return;
  await database.write([{ sql: "UPDATE copy_place SET counts = 1" }]);
}

export function createOutgoing(database: Sqlite): Outgoing {
  return {
    next(limit) {
      const ended = database.read(ENDED, [limit]);
      const place = Number(database.read(PLACE)[0]?.seq ?? 0);
      const fresh = database.read(NEW, [place, limit]);
      const upTo = Number(fresh.at(-1)?.seq ?? place);
      return { rows: [...ended, ...fresh], upTo };
    },
    async copied({ rows, upTo }) {
      const running = rows.filter((row) => row.outcome === "started").map((row) => [row.seq ?? 0]);
      const ended = rows.filter((row) => row.outcome !== "started").map((row) => [row.seq ?? 0]);
      const statements: SqlStatement[] = [
        { sql: "INSERT OR IGNORE INTO copy_running (seq) VALUES (?)", each: running },
        { sql: "DELETE FROM copy_running WHERE seq = ?", each: ended },
      ].filter(({ each }) => each.length > 0);
      statements.push({ sql: "UPDATE copy_place SET seq = ? WHERE seq < ?", params: [upTo, upTo] });
      await database.write(statements);
    },
    lost: () => Number(database.read("SELECT lost FROM copy_place")[0]?.lost ?? 0),
    lag() {
      const [row] = database.read(ALREADY);
      const rows = Math.max(0, Number(row?.last ?? 0) - Number(row?.seq ?? 0));
      return typeof row?.since === "number" ? { rows, since: row.since } : { rows: 0 };
    },
  };
}
