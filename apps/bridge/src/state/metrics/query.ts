import { TrestleError } from "@trestle/protocol";
import type { Row, Sqlite, SqlValue } from "@trestle/store";
import { addCell, type Cell, figuresOf, type MetricFigures, newCell } from "./cell.ts";
import type { CellKey, Minute } from "./minute.ts";
import { RETENTION_MS } from "./roll-up.ts";
import { startOf, TIER_MS, type Tier, toStoredCell } from "./rows.ts";

export interface MetricQuery {
  /** Ended at or after, in epoch milliseconds. Rounded outwards to whole stretches of what is kept. */
  readonly from?: number;
  /** Ended before. */
  readonly to?: number;
  /** How long a stretch each row covers; `none`, the default, is the whole time. Days are those of UTC. */
  readonly bucket?: Tier | "none";
  readonly server?: string;
  readonly tool?: string;
  readonly principal?: string;
  /** What there is a row for; `tool`, the default, is a tool of a server. */
  readonly groupBy?: "tool" | "server" | "principal" | "none";
}

export interface MetricRow extends MetricFigures {
  /** Where the stretch begins, in epoch milliseconds; absent where the row covers all. */
  readonly start?: number;
  readonly server?: string;
  readonly tool?: string;
  readonly principal?: string;
}

/** What a row is made of, to be added up with the same of others. */
export interface MetricGroup extends Pick<MetricRow, "start" | "server" | "tool" | "principal"> {
  readonly cell: Cell;
}

/** What is in memory, and the run whose stored cells of the same minutes it replaces. */
export interface LiveMetrics {
  readonly minutes: readonly Minute[];
  readonly run: number | undefined;
  readonly now: number;
}

const MOST_ROWS = 10_000;
const PAGE = 1_000;

/** What is in a tier, and in the finer ones not merged into it yet, is everything once. */
const finerTiers: Readonly<Record<Tier, readonly Tier[]>> = {
  minute: [],
  hour: ["minute"],
  day: ["hour", "minute"],
};

/**
 * Adds up everything the query is about. Nobody may store metrics meanwhile; calls go on between pages.
 * Throws `invalid_input` where the answer would be longer than 10,000 rows.
 */
export async function queryMetrics(
  database: Sqlite,
  query: MetricQuery,
  live: LiveMetrics,
): Promise<MetricGroup[]> {
  const tier = tierOf(query, live.now);
  const range = rangeOf(query, tier);
  const groups = createGroups(query);
  const inMemory = new Set<number>();
  for (const { start, cells } of live.minutes) {
    inMemory.add(start);
    if (start < range.from || start >= range.to) continue;
    for (const found of cells) if (isAsked(found, query)) groups.add(start, found, found.cell);
  }
  for (const source of [tier, ...finerTiers[tier]]) {
    for await (const row of readCells(database, { source, tier, range, query })) {
      const stored = toStoredCell(row);
      const isOld = source === "minute" && stored.run === live.run && inMemory.has(stored.start);
      if (!isOld) groups.add(stored.start, stored, stored.cell);
    }
  }
  return groups.all();
}

/**
 * The rows of all groups, those of the same key as one: the earliest stretch first; in each, what is called most.
 * Throws `invalid_input` as `queryMetrics` does.
 */
export function toRows(lists: readonly (readonly MetricGroup[])[]): MetricRow[] {
  const merged = mergeGroups();
  for (const { cell, ...key } of lists.flat()) merged.add(key, cell);
  const rows = merged.all().map(({ cell, ...key }) => ({ ...key, ...figuresOf(cell) }));
  return rows.sort((a, b) => (a.start ?? 0) - (b.start ?? 0) || b.calls - a.calls);
}

/** The finest tier that reaches back far enough. */
function tierOf({ bucket = "none", from = 0 }: MetricQuery, now: number): Tier {
  if (bucket !== "none") return bucket;
  if (from >= now - RETENTION_MS.minute) return "minute";
  return from >= now - RETENTION_MS.hour ? "hour" : "day";
}

interface Range {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}

function rangeOf({ from, to }: MetricQuery, tier: Tier): Range {
  return {
    from: from === undefined ? 0 : startOf(from, tier),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : startOf(to - 1, tier) + TIER_MS[tier],
  };
}

function isAsked(key: CellKey, { server, tool, principal }: MetricQuery): boolean {
  if (server !== undefined && server !== key.server) return false;
  if (tool !== undefined && tool !== key.tool) return false;
  return principal === undefined || principal === key.principal;
}

interface Reading {
  readonly source: Tier;
  readonly tier: Tier;
  readonly range: Range;
  readonly query: MetricQuery;
}

/** Page by page, with a turn for everybody else between. */
async function* readCells(database: Sqlite, { source, tier, range, query }: Reading) {
  const conditions = ["tier = ?", "start >= ?", "start < ?"];
  const params: SqlValue[] = [source, range.from, range.to];
  if (source !== tier) conditions.push("rolled = 0");
  for (const name of ["server", "tool", "principal"] as const) {
    if (query[name] === undefined) continue;
    conditions.push(`${name} = ?`);
    params.push(query[name]);
  }
  const key = "start, server, tool, principal, run";
  const sql = `SELECT * FROM metrics WHERE ${conditions.join(" AND ")}
    AND (${key}) > (?, ?, ?, ?, ?) ORDER BY ${key} LIMIT ${PAGE}`;
  let after: readonly SqlValue[] = [-1, "", "", "", 0];
  for (;;) {
    const rows = database.read(sql, [...params, ...after]);
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = keyOf(last);
    await new Promise(setImmediate);
  }
}

function keyOf({ start, server, tool, principal, run }: Row): SqlValue[] {
  return [start, server, tool, principal, run].map((value) => value ?? null);
}

type GroupKey = Omit<MetricGroup, "cell">;

function mergeGroups() {
  const groups = new Map<string, MetricGroup>();
  return {
    add(key: GroupKey, cell: Cell): void {
      const name = JSON.stringify([key.start, key.server, key.tool, key.principal]);
      let group = groups.get(name);
      if (group === undefined) {
        if (groups.size === MOST_ROWS) throw tooManyRows();
        group = { ...key, cell: newCell() };
        groups.set(name, group);
      }
      addCell(group.cell, cell);
    },
    all: () => [...groups.values()],
  };
}

function createGroups({ bucket = "none", groupBy = "tool" }: MetricQuery) {
  const merged = mergeGroups();

  function keyFor(start: number, { server, tool, principal }: CellKey): GroupKey {
    const time = bucket === "none" ? {} : { start: startOf(start, bucket) };
    if (groupBy === "tool") return { ...time, server, tool };
    if (groupBy === "server") return { ...time, server };
    return groupBy === "principal" ? { ...time, principal } : time;
  }

  return {
    add(start: number, of: CellKey, cell: Cell): void {
      merged.add(keyFor(start, of), cell);
    },
    all: merged.all,
  };
}

function tooManyRows(): TrestleError {
  return new TrestleError(
    "invalid_input",
    `The answer would have more than ${MOST_ROWS} rows: ask for a shorter time, a coarser bucket or one server.`,
  );
}
