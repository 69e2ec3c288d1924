import type { Row, SqlStatement } from "@trestle/store";
import { addErrors, type Cell, newCell } from "./cell.ts";
import { packDurations, unpackInto } from "./durations.ts";
import type { CellKey } from "./minute.ts";

export type Tier = "minute" | "hour" | "day";

/** Lengths in milliseconds. Days are those of UTC. */
export const TIER_MS: Readonly<Record<Tier, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** What a cell is stored under. */
export interface StoredKey extends CellKey {
  readonly tier: Tier;
  readonly start: number;
  /** Tells apart what several bridges, one after the other, counted in the same stretch of time. */
  readonly run: number;
}

export interface StoredCell extends StoredKey {
  readonly cell: Cell;
}

const PUT = `INSERT OR REPLACE INTO metrics (tier, start, server, tool, principal, run, calls, successes,
  total_ms, min_ms, max_ms, cache_hits, retries, retried, fallbacks, outcome_unknown, cost, last_at, errors,
  durations) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const MARK_ROLLED = `UPDATE metrics SET rolled = 1 WHERE tier = ? AND start = ? AND server = ? AND tool = ?
  AND principal = ? AND run = ?`;

/** Stores a cell in place of what was stored under its key. */
export function putCell(key: StoredKey, cell: Cell): SqlStatement {
  const params = [
    ...keyValues(key),
    ...[cell.calls, cell.successes, cell.totalMs, cell.minMs, cell.maxMs, cell.cacheHits],
    ...[cell.retries, cell.retried, cell.fallbacks, cell.outcomeUnknown, cell.cost, cell.lastAt],
    cell.errors === undefined ? null : JSON.stringify([...cell.errors]),
    packDurations(cell.durations),
  ];
  return { sql: PUT, params };
}

/** A cell whose coarser tier has it now. */
export function markRolled(key: StoredKey): SqlStatement {
  return { sql: MARK_ROLLED, params: keyValues(key) };
}

export function toStoredCell(row: Row): StoredCell {
  return {
    tier: row.tier as Tier,
    start: Number(row.start),
    server: String(row.server),
    tool: String(row.tool),
    principal: String(row.principal),
    run: Number(row.run),
    cell: toCell(row),
  };
}

export function startOf(time: number, tier: Tier): number {
  return Math.floor(time / TIER_MS[tier]) * TIER_MS[tier];
}

function toCell(row: Row): Cell {
  const cell: Cell = {
    ...newCell(),
    calls: Number(row.calls),
    successes: Number(row.successes),
    totalMs: Number(row.total_ms),
    minMs: Number(row.min_ms),
    maxMs: Number(row.max_ms),
    cacheHits: Number(row.cache_hits),
    retries: Number(row.retries),
    retried: Number(row.retried),
    fallbacks: Number(row.fallbacks),
    outcomeUnknown: Number(row.outcome_unknown),
    cost: Number(row.cost),
    lastAt: Number(row.last_at),
  };
  if (row.durations instanceof Uint8Array) unpackInto(cell.durations, row.durations);
  if (typeof row.errors === "string") {
    for (const [code, count] of JSON.parse(row.errors) as [string, number][]) {
      addErrors(cell, code, count);
    }
  }
  return cell;
}

function keyValues(key: StoredKey): (string | number)[] {
  return [key.tier, key.start, key.server, key.tool, key.principal, key.run];
}
