import type { Sqlite, SqlStatement } from "@trestle/store";
import { addCell, type Cell, newCell } from "./cell.ts";
import {
  markRolled,
  putCell,
  type StoredCell,
  type StoredKey,
  startOf,
  TIER_MS,
  type Tier,
  toStoredCell,
} from "./rows.ts";

/** How long a cell of each tier is kept, in milliseconds. */
export const RETENTION_MS: Readonly<Record<Tier, number>> = {
  minute: TIER_MS.day,
  hour: 30 * TIER_MS.day,
  day: 730 * TIER_MS.day,
};
/** The oldest of more are deleted, whatever their age: at some 300 bytes each, 30 MB a tier. */
const MOST_ROWS = 100_000;
/** Cells merged in one commit: a few milliseconds, so that calls go on between. */
const STEP = 200;

/**
 * Merges the cells of hours and days that are over into the next coarser tier. A cell is marked in the
 * commit that adds it there, so none counts twice and none is lost, wherever this is interrupted.
 * Nobody else may write metrics meanwhile.
 */
export async function rollUp(database: Sqlite, now: number): Promise<void> {
  await rollTier(database, { from: "minute", to: "hour", before: startOf(now, "hour") });
  await rollTier(database, { from: "hour", to: "day", before: startOf(now, "day") });
  await forget(database, now);
}

interface Roll {
  readonly from: Tier;
  readonly to: Tier;
  readonly before: number;
}

async function rollTier(database: Sqlite, { from, to, before }: Roll): Promise<void> {
  const unrolled = `SELECT * FROM metrics WHERE tier = ? AND rolled = 0 AND start < ? ORDER BY start LIMIT ?`;
  for (;;) {
    const cells = database.read(unrolled, [from, before, STEP]).map(toStoredCell);
    if (cells.length === 0) return;
    await database.write([...mergedInto(database, to, cells), ...cells.map(markRolled)]);
  }
}

function mergedInto(database: Sqlite, tier: Tier, cells: readonly StoredCell[]): SqlStatement[] {
  const merged = new Map<string, { readonly key: StoredKey; readonly cell: Cell }>();
  for (const stored of cells) {
    const { server, tool, principal, cell } = stored;
    const start = startOf(stored.start, tier);
    const name = JSON.stringify([start, server, tool, principal]);
    let target = merged.get(name);
    if (target === undefined) {
      target = targetOf(database, { tier, start, server, tool, principal });
      merged.set(name, target);
    }
    addCell(target.cell, cell);
  }
  return [...merged.values()].map(({ key, cell }) => putCell(key, cell));
}

/** The coarser cell as it is: a new one where the old was itself merged into a coarser tier already. */
function targetOf(
  database: Sqlite,
  key: Omit<StoredKey, "run">,
): { readonly key: StoredKey; readonly cell: Cell } {
  const sameKey = `SELECT * FROM metrics WHERE tier = ? AND start = ? AND server = ? AND tool = ?
    AND principal = ? ORDER BY run DESC LIMIT 1`;
  const params = [key.tier, key.start, key.server, key.tool, key.principal];
  const [row] = database.read(sameKey, params);
  if (row === undefined) return { key: { ...key, run: 0 }, cell: newCell() };
  const { run, cell } = toStoredCell(row);
  return row.rolled === 0
    ? { key: { ...key, run }, cell }
    : { key: { ...key, run: run + 1 }, cell: newCell() };
}

/** Deletes what is too old; never what the next coarser tier does not have yet. */
async function forget(database: Sqlite, now: number): Promise<void> {
  const tiers: readonly Tier[] = ["minute", "hour", "day"];
  const statements = tiers.flatMap((tier): SqlStatement[] => {
    const rolled = tier === "day" ? "" : "AND rolled = 1";
    const old = `DELETE FROM metrics WHERE tier = ? AND start < ? ${rolled}`;
    const tooMany = `DELETE FROM metrics WHERE tier = ? ${rolled} AND start <=
      (SELECT start FROM metrics WHERE tier = ? ORDER BY start DESC LIMIT 1 OFFSET ?)`;
    return [
      { sql: old, params: [tier, now - RETENTION_MS[tier]] },
      { sql: tooMany, params: [tier, tier, MOST_ROWS] },
    ];
  });
  await database.write(statements);
}
