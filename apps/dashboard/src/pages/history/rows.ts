import type { HistoryRow } from "../../api/generated.ts";
import type { FeedEvent } from "../../feed/connection.ts";
import { isFinishedCall, timeOf } from "../../feed/rates.ts";
import { isWithin, timesOf, type When } from "./when.ts";

export interface Filters extends When {
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  readonly outcome?: string | undefined;
  readonly principal?: string | undefined;
}

/** The filters as the API takes them. */
export function queryOf({ span, from, to, ...others }: Filters, now: number) {
  return { ...others, ...timesOf({ span, from, to }, now) };
}

/** What is known of the history: the newest first, and where the next page begins. */
export interface Rows {
  readonly all: readonly HistoryRow[];
  /** Came while somebody read further down: shown when they want it. */
  readonly waiting: readonly HistoryRow[];
  readonly next: number | string | undefined;
}

export const NO_ROWS: Rows = { all: [], waiting: [], next: undefined };

/** More than anybody scrolls through; what is beyond is found by filters. */
const MOST_ROWS = 200_000;

/** With the next older page at the end. A row that is there already is not there twice. */
export function withPage(
  rows: Rows,
  page: readonly HistoryRow[],
  next: number | string | undefined,
): Rows {
  // The set is of the page, not of all rows: it is the smaller one by far.
  const added = new Map(page.map((row) => [row.execution_id, row]));
  for (const row of rows.all) added.delete(row.execution_id);
  const all = [...rows.all, ...added.values()];
  return { ...rows, all, next: all.length >= MOST_ROWS ? undefined : next };
}

/** With calls that have just ended; `waits`: not into what is being read. */
export function withCalls(rows: Rows, calls: readonly HistoryRow[], waits: boolean): Rows {
  if (calls.length === 0) return rows;
  if (waits) {
    const waiting = [...calls.toReversed(), ...rows.waiting].slice(0, MOST_ROWS);
    return { ...rows, waiting };
  }
  return { ...rows, all: joined(calls.toReversed(), rows.all) };
}

/** With what has waited. */
export function withWaiting(rows: Rows): Rows {
  return { ...rows, all: joined(rows.waiting, rows.all), waiting: [] };
}

/** Only the first rows of the old are looked through: new calls cannot be far down. */
const NEAR = 500;

function joined(newer: readonly HistoryRow[], older: readonly HistoryRow[]): readonly HistoryRow[] {
  const added = new Map(newer.map((row) => [row.execution_id, row]));
  const near = older.slice(0, NEAR).map((row) => {
    const ended = added.get(row.execution_id);
    added.delete(row.execution_id);
    return ended && row.outcome === "started" ? withEnd(row, ended) : row;
  });
  return [...added.values(), ...near, ...older.slice(NEAR)].slice(0, MOST_ROWS);
}

/** A call that ran when its page was read; what the feed does not tell of it stays. */
function withEnd(row: HistoryRow, ended: HistoryRow): HistoryRow {
  const { outcome, duration_ms, cached, error } = ended;
  return {
    ...row,
    ...{ outcome, cached },
    ...(duration_ms === undefined ? {} : { duration_ms }),
    ...(error === undefined ? {} : { error }),
  };
}

/** The rows that a batch of events makes; without what only the history itself knows. */
export function rowsOf(
  batch: readonly FeedEvent[],
  filters: Filters,
  now: number,
): readonly HistoryRow[] {
  return batch
    .filter(isFinishedCall)
    .map(rowOf)
    .filter((row) => fits(row, filters) && isWithin(row.started_at, filters, now));
}

function rowOf(event: FeedEvent): HistoryRow {
  const { executionId, server, tool, principal, outcome, durationMs, cached, errorCode } =
    event.payload;
  const ms = Number(durationMs ?? 0);
  return {
    execution_id: String(executionId),
    server: String(server),
    tool: String(tool),
    principal: String(principal),
    outcome: outcome as HistoryRow["outcome"],
    started_at: new Date(timeOf(event) - ms).toISOString(),
    duration_ms: ms,
    attempts: 1,
    retry_count: 0,
    cached: cached === true,
    fallback_used: false,
    read_only: false,
    ...(errorCode === undefined ? {} : { error: { code: String(errorCode), message: "" } }),
  } as HistoryRow;
}

function fits(row: HistoryRow, { server, tool, outcome, principal }: Filters): boolean {
  return (
    (!server || row.server === server) &&
    (!tool || namesOf(row).includes(tool)) &&
    (!outcome || row.outcome === outcome) &&
    (!principal || row.principal === principal)
  );
}

/** What the API knows the tool of a call by. */
function namesOf({ server, tool }: HistoryRow): readonly string[] {
  return [tool, `${server}__${tool}`, `${server}.${tool}`];
}
