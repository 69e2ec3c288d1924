import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type BridgePeer, HISTORY_ROWS } from "./bridge.ts";
import { RawClient } from "./client.ts";
import type { Peer } from "./peers.ts";

/** Something that must be true of a run, or its figures are worth nothing. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** Did every call reach the upstream, once? Cached ones once per different argument. */
export async function checkUpstream(where: string, peer: Peer, pages = 0): Promise<Check> {
  const client = new RawClient(peer.url, "legacy", peer.key);
  await client.open();
  const body = await client.call(`${peer.prefix}count`, {});
  client.close();
  peer.sent.set("count", (peer.sent.get("count") ?? 0) + 1);
  const expected = `echo ${peer.sent.get("echo") ?? 0}, page ${pages}`;
  const found = /echo \d+, page \d+/.exec(body)?.[0] ?? body.slice(0, 200);
  return equality(`${where}: ${peer.name}, calls counted at the upstream`, expected, found);
}

/** Are history and metrics of a bridge that has stopped complete? */
export function checkRecords(where: string, { home, sent }: BridgePeer): Check[] {
  const calls = [...sent.values()].reduce((sum, count) => sum + count, 0);
  const database = new DatabaseSync(join(home, "bridge/history.db"), { readOnly: true });
  try {
    return [
      equality(`${where}: history, rows ever written`, calls, everWritten(database)),
      keptRows(where, database, calls),
      equality(`${where}: history, rows that are no success`, 0, failed(database)),
      equality(`${where}: metrics, calls`, calls, inMetrics(database)),
    ];
  } finally {
    database.close();
  }
}

export function equality(what: string, expected: number | string, found: number | string): Check {
  return { what, expected: `${expected}`, found: `${found}`, isMet: `${expected}` === `${found}` };
}

/** The newest are kept without a gap, at most a twentieth more of them than asked for. */
function keptRows(where: string, database: DatabaseSync, calls: number): Check {
  const { rows, span } = one(
    database,
    "SELECT COUNT(*) AS rows, MAX(seq) - MIN(seq) + 1 AS span FROM executions",
  );
  const least = Math.min(calls, HISTORY_ROWS);
  const kept = Number(rows);
  return {
    what: `${where}: history, rows kept`,
    expected: `the newest ${least}, no gap`,
    found: `${kept}, ${span === rows ? "no gap" : `of a span of ${span}`}`,
    isMet: kept >= least && kept <= HISTORY_ROWS * 1.2 && span === rows,
  };
}

function everWritten(database: DatabaseSync): number {
  const sql = "SELECT seq AS rows FROM sqlite_sequence WHERE name = 'executions'";
  return Number(one(database, sql).rows);
}

function failed(database: DatabaseSync): number {
  const sql = "SELECT COUNT(*) AS rows FROM executions WHERE outcome <> 'success'";
  return Number(one(database, sql).rows);
}

/** Minutes outlive every benchmark; the larger buckets are made of them. */
function inMetrics(database: DatabaseSync): number | string {
  const table = "SELECT COUNT(*) AS rows FROM sqlite_schema WHERE name = 'metrics'";
  if (Number(one(database, table).rows) === 0) return "not kept yet";
  return Number(one(database, "SELECT SUM(calls) AS rows FROM metrics WHERE tier = 'minute'").rows);
}

function one(database: DatabaseSync, sql: string) {
  return database.prepare(sql).get() ?? {};
}
