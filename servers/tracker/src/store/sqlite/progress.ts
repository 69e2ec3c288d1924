import type { Clock } from "@trestle/protocol";
import type { Sqlite, SqlStatement } from "@trestle/store";
import type { WatchedSource } from "../../model/document.ts";
import type { Cursor, Lease, TrackerStore } from "../tracker-store.ts";
import { readCursor } from "./known.ts";
import type { Transactions } from "./transaction.ts";

type ProgressPart = Pick<
  TrackerStore,
  | "cursor"
  | "cursors"
  | "forgetCursors"
  | "memories"
  | "takeLease"
  | "releaseLease"
  | "sources"
  | "putSource"
  | "removeSource"
  | "skipped"
>;

/** What is read, by whom, and how far. */
export function createProgress(
  sqlite: Sqlite,
  { change }: Transactions,
  clock: Clock,
): ProgressPart {
  return {
    cursor: async (key) => readCursor(sqlite, key),
    async cursors(source) {
      const rows =
        source === undefined
          ? sqlite.read("SELECT body FROM cursor")
          : sqlite.read("SELECT body FROM cursor WHERE source = ?", [source]);
      return rows.map(({ body }) => JSON.parse(String(body)) as Cursor);
    },
    forgetCursors: (keys) =>
      change(() => ({
        statements: keys.map((key) => ({ sql: "DELETE FROM cursor WHERE key = ?", params: [key] })),
        result: undefined,
      })),
    async memories(keys) {
      const sql = "SELECT key, body FROM memory WHERE key IN (SELECT value FROM json_each(?))";
      const rows = sqlite.read(sql, [JSON.stringify(keys)]);
      return new Map(rows.map(({ key, body }) => [String(key), String(body)]));
    },
    takeLease: (name, request) =>
      change(() => takeLease(sqlite, { name, ...request, now: clock.now() })),
    releaseLease: ({ name, fence }) =>
      change(() => ({
        statements: [
          { sql: "UPDATE lease SET until = 0 WHERE name = ? AND fence = ?", params: [name, fence] },
        ],
        result: undefined,
      })),
    async sources() {
      const rows = sqlite.read("SELECT body FROM source ORDER BY name");
      return rows.map(({ body }) => JSON.parse(String(body)) as WatchedSource);
    },
    putSource: (source) => change(() => ({ statements: [putSource(source)], result: undefined })),
    async removeSource(name) {
      const found = sqlite.read("SELECT 1 FROM source WHERE name = ?", [name]).length > 0;
      await change(() => ({
        statements: [{ sql: "DELETE FROM source WHERE name = ?", params: [name] }],
        result: undefined,
      }));
      return found;
    },
    async skipped() {
      const rows = sqlite.read(
        "SELECT source, reason, count, last_at FROM skipped ORDER BY source, reason",
      );
      return rows.map((row) => ({
        source: String(row.source),
        reason: String(row.reason),
        count: Number(row.count),
        lastAt: Number(row.last_at),
      }));
    },
  };
}

const putSource = (source: WatchedSource): SqlStatement => ({
  sql: "INSERT INTO source VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
  params: [source.name, JSON.stringify(source)],
});

interface LeaseRequest {
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
  readonly now: number;
}

function takeLease(sqlite: Sqlite, { name, holder, ttlMs, now }: LeaseRequest) {
  const [row] = sqlite.read("SELECT holder, fence, until FROM lease WHERE name = ?", [name]);
  const isHeld = row !== undefined && Number(row.until) > now;
  if (isHeld && row.holder !== holder) return { statements: [], result: undefined };
  const fence = isHeld ? Number(row.fence) : Number(row?.fence ?? 0) + 1;
  const lease: Lease = { name, fence, until: now + ttlMs };
  const sql = `INSERT INTO lease VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET holder = excluded.holder, fence = excluded.fence, until = excluded.until`;
  return { statements: [{ sql, params: [name, holder, fence, lease.until] }], result: lease };
}
