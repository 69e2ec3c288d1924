import type { Sqlite, SqlStatement } from "@trestle/store";
import { firstPlace } from "../commit/places.ts";
import type { StoreStats, TrackerStore } from "../tracker-store.ts";
import type { Transactions } from "./transaction.ts";

type RetentionPart = Pick<TrackerStore, "retain" | "stats">;

/** Small enough that others get their turn in between. */
const RECORDS_AT_ONCE = 1_000;
/** Room is made below the limit, so that it is rare. */
const KEPT_SHARE = 0.9;

export function createRetention(sqlite: Sqlite, { change }: Transactions): RetentionPart {
  /** Deletes the oldest records, all of them before `place`; what hangs on them goes by triggers. */
  function deleteOldest(place: number): Promise<number> {
    return change(() => {
      const sql = `SELECT count(*) AS count, max(place) AS last FROM
        (SELECT place FROM record WHERE place < ? ORDER BY place LIMIT ?)`;
      const [row] = sqlite.read(sql, [place, RECORDS_AT_ONCE]);
      const count = Number(row?.count);
      if (count === 0) return { statements: [], result: 0 };
      return { statements: deletionUpTo(Number(row?.last)), result: count };
    });
  }

  async function deleteWhile(isWanted: () => boolean, before: number): Promise<number> {
    let deleted = 0;
    while (isWanted()) {
      const count = await deleteOldest(before);
      if (count === 0) break;
      deleted += count;
    }
    return deleted;
  }

  return {
    async retain({ before, maxBytes }) {
      let deleted = 0;
      if (before !== undefined) deleted += await deleteWhile(() => true, firstPlace(before));
      if (maxBytes !== undefined && bytesIn(sqlite) > maxBytes) {
        deleted += await deleteWhile(
          () => bytesIn(sqlite) > maxBytes * KEPT_SHARE,
          Number.MAX_SAFE_INTEGER,
        );
      }
      if (deleted > 0) await sqlite.write(tidy);
      return deleted;
    },
    stats: async () => readStats(sqlite),
  };
}

const deletionUpTo = (place: number): SqlStatement[] => [
  { sql: "DELETE FROM record WHERE place <= ?", params: [place] },
];

/** What no record stands for any more. Tasks that are not finished, groups and sums stay. */
const tidy: readonly SqlStatement[] = [
  {
    sql: `DELETE FROM task WHERE finished_at IS NOT NULL AND updated_at <= (SELECT horizon FROM turn)`,
  },
  {
    sql: `DELETE FROM session WHERE last_at <= (SELECT horizon FROM turn)
      AND NOT EXISTS (SELECT 1 FROM record WHERE record.session = session.n)`,
  },
  { sql: "PRAGMA incremental_vacuum" },
];

/** Free pages do not count: the next rows go there. */
function bytesIn(sqlite: Sqlite): number {
  const [row] = sqlite.read(`SELECT (page_count - freelist_count) * page_size AS bytes
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`);
  return Number(row?.bytes);
}

function readStats(sqlite: Sqlite): StoreStats {
  const [row] = sqlite.read(`SELECT turn.records, (SELECT count(*) FROM session) AS sessions,
    (SELECT count(*) FROM task) AS tasks, (SELECT count(*) FROM error_group) AS groups,
    (SELECT at FROM record ORDER BY place LIMIT 1) AS oldest,
    (SELECT at FROM record ORDER BY place DESC LIMIT 1) AS newest FROM turn`);
  return {
    kind: "sqlite",
    records: Number(row?.records),
    sessions: Number(row?.sessions),
    tasks: Number(row?.tasks),
    errorGroups: Number(row?.groups),
    bytes: bytesIn(sqlite),
    ...(row?.oldest == null ? {} : { oldestAt: Number(row.oldest) }),
    ...(row?.newest == null ? {} : { newestAt: Number(row.newest) }),
  };
}
