import type { HistoryRow } from "@trestle/policy";
import { type Clock, type Logger, messageOf, silentLogger } from "@trestle/protocol";
import type { Sqlite, SqlStatement } from "@trestle/store";
import { createTurns } from "../../turns.ts";
import { addRow, figuresOf, type MetricFigures, newCell } from "./cell.ts";
import { createMinute, type LiveCell, type Minute } from "./minute.ts";
import {
  type MetricGroup,
  type MetricQuery,
  type MetricRow,
  queryMetrics,
  toRows,
} from "./query.ts";
import { rollUp } from "./roll-up.ts";
import { putCell, startOf, TIER_MS } from "./rows.ts";

export type { MetricFigures } from "./cell.ts";
export type { MetricGroup, MetricQuery, MetricRow } from "./query.ts";

export interface MetricsStore {
  /** Counts one execution that ended now. Never throws and never waits. */
  observe(row: HistoryRow): void;
  query(query?: MetricQuery): Promise<MetricRow[]>;
  /** What `query` makes its rows of, to be added up with that of other bridges. */
  groups(query?: MetricQuery): Promise<MetricGroup[]>;
  /** The figures of everything that is remembered. */
  totals(): Promise<MetricFigures>;
  /** Resolves once everything observed before is stored; what cannot be stored now is tried again later. */
  flush(): Promise<void>;
  /** Executions whose figures were lost, since these metrics were opened. */
  dropped(): number;
  close(): Promise<void>;
}

export interface MetricsParts {
  readonly database: Sqlite;
  readonly clock: Clock;
  readonly log?: Logger | undefined;
}

/** What a kill can lose: the executions of so many milliseconds, and of the commit under way. */
export const FLUSH_MS = 2_000;
/** While the disk takes nothing, as many minutes wait in memory; the oldest of more are lost. */
const MOST_MINUTES = 60;

/**
 * Counts executions by server, tool and principal: in memory for the current minute, on disk every two
 * seconds. Minutes are kept for a day, hours for 30 days, days for two years. Of more than 1,000
 * combinations in a minute, the others are counted as `(other)`. One process at a time may write a file.
 */
export function createMetrics({ database, clock, log = silentLogger }: MetricsParts): MetricsStore {
  const runs = createRuns(database, clock);
  const oneAtATime = createTurns();
  let current = createMinute(startOf(clock.now(), "minute"));
  /** Over, and not known to be stored. */
  let over: Minute[] = [];
  let rolledBefore = 0;
  let cancelTimer: (() => void) | undefined;
  let lost = 0;
  let isFailing = false;
  let closed = false;

  /** A clock that is set back counts on in the minute that it was in. */
  function turnOver(now: number): void {
    if (now < current.start + TIER_MS.minute) return;
    if (current.cells.length > 0) over.push(current);
    current = createMinute(startOf(now, "minute"));
    if (over.length > MOST_MINUTES) lost += unstoredCalls(over.shift());
  }

  async function store(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    turnOver(clock.now());
    try {
      await storeMinutes([...over, current]);
      // A minute may have ended while it was stored, with calls that came too late for that.
      over = over.filter((minute) => unstoredCalls(minute) > 0);
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn("The metrics cannot be written", { error: messageOf(error) });
      isFailing = true;
      plan();
      return;
    }
    await rollUpOnceAnHour();
  }

  async function storeMinutes(minutes: readonly Minute[]): Promise<void> {
    const changed = minutes.flatMap(changedCells);
    if (changed.length === 0) return;
    const run = await runs.mine();
    const statements = changed.map(({ start, live }): SqlStatement => {
      const { server, tool, principal, cell } = live;
      return putCell({ tier: "minute", start, server, tool, principal, run }, cell);
    });
    // Calls go on while this is committed, so what is stored is noted as it is now.
    const calls = changed.map(({ live }) => live.cell.calls);
    await database.write(statements);
    for (const [index, { live }] of changed.entries()) live.storedCalls = calls[index] ?? 0;
  }

  async function rollUpOnceAnHour(): Promise<void> {
    const hour = startOf(current.start, "hour");
    // A minute that waits in memory may be on disk in part: it must not be merged before it is whole.
    if (hour <= rolledBefore || over.length > 0) return;
    try {
      await rollUp(database, Math.min(clock.now(), current.start));
      rolledBefore = hour;
    } catch (error) {
      log.warn("The metrics were not rolled up", { error: messageOf(error) });
    }
  }

  function plan(): void {
    cancelTimer ??= clock.after(FLUSH_MS, () => {
      cancelTimer = undefined;
      void oneAtATime(store);
    });
  }

  async function groups(asked: MetricQuery = {}): Promise<MetricGroup[]> {
    return oneAtATime(() => {
      const live = { minutes: [...over, current], run: runs.known(), now: clock.now() };
      return queryMetrics(database, asked, live);
    });
  }

  const query = async (asked: MetricQuery = {}): Promise<MetricRow[]> =>
    toRows([await groups(asked)]);

  return {
    observe(row) {
      if (closed) {
        lost += 1;
        return;
      }
      const now = clock.now();
      turnOver(now);
      addRow(current.cellOf(row), row, now);
      if (cancelTimer === undefined) plan();
    },
    query,
    groups,
    async totals() {
      const [row] = await query({ groupBy: "none" });
      return row ?? figuresOf(newCell());
    },
    flush: () => oneAtATime(store),
    dropped: () => lost,
    async close() {
      if (closed) return;
      closed = true;
      await oneAtATime(store);
      cancelTimer?.();
      lost += [...over, current].reduce((sum, minute) => sum + unstoredCalls(minute), 0);
    },
  };
}

/** A number of its own for each bridge that writes, taken when it first does. */
function createRuns(database: Sqlite, clock: Clock) {
  let known: number | undefined;
  return {
    known: () => known,
    async mine(): Promise<number> {
      if (known !== undefined) return known;
      const results = await database.write([
        { sql: "DELETE FROM metric_runs" },
        {
          sql: "INSERT INTO metric_runs (opened_at) VALUES (?) RETURNING run",
          params: [clock.now()],
        },
      ]);
      known = Number(results[1]?.rows[0]?.run);
      return known;
    },
  };
}

function changedCells({ start, cells }: Minute): { start: number; live: LiveCell }[] {
  const changed = cells.filter(({ cell, storedCalls }) => cell.calls !== storedCalls);
  return changed.map((live) => ({ start, live }));
}

function unstoredCalls(minute: Minute | undefined): number {
  const cells = minute?.cells ?? [];
  return cells.reduce((sum, { cell, storedCalls }) => sum + cell.calls - storedCalls, 0);
}
