import type { HistoryRow } from "@trestle/policy";
import { addDuration, addDurations, type Durations, newDurations, quantile } from "./durations.ts";

/** What is counted of the executions of one tool by one principal in one stretch of time. */
export interface Cell {
  calls: number;
  successes: number;
  totalMs: number;
  minMs: number;
  maxMs: number;
  cacheHits: number;
  retries: number;
  /** Calls that were tried again at least once. */
  retried: number;
  fallbacks: number;
  outcomeUnknown: number;
  cost: number;
  lastAt: number;
  /** How many calls failed with which code. */
  errors: Map<string, number> | undefined;
  readonly durations: Durations;
}

/** Figures of a group of executions. Shares are from 0 to 1, durations in milliseconds. */
export interface MetricFigures {
  readonly calls: number;
  readonly successes: number;
  readonly successRate: number;
  readonly avgMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Quantiles are right to 2 %. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly cacheHits: number;
  readonly hitRate: number;
  /** Attempts after the first, of all calls. */
  readonly retries: number;
  /** The share of calls that were tried again at least once. */
  readonly retryRate: number;
  readonly fallbacks: number;
  readonly fallbackRate: number;
  /** Failed calls by error code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly outcomeUnknown: number;
  /** When the last execution ended, in epoch milliseconds; 0 where there was none. */
  readonly lastAt: number;
  /** Estimated, in the unit of the configuration. */
  readonly cost: number;
}

/** Under this name goes what there is no room to tell apart. */
export const OTHER = "(other)";
/** Servers choose their error codes: only so many are told apart. */
const MOST_CODES = 32;
const MAX_CODE = 64;

export function newCell(): Cell {
  return {
    calls: 0,
    successes: 0,
    totalMs: 0,
    minMs: Number.POSITIVE_INFINITY,
    maxMs: 0,
    cacheHits: 0,
    retries: 0,
    retried: 0,
    fallbacks: 0,
    outcomeUnknown: 0,
    cost: 0,
    lastAt: 0,
    errors: undefined,
    durations: newDurations(),
  };
}

/** Counts one execution that ended at `now`. For every call: it allocates nothing unless the call failed. */
export function addRow(cell: Cell, row: HistoryRow, now: number): void {
  const { durationMs, retries = 0 } = row;
  cell.calls += 1;
  cell.totalMs += durationMs;
  if (durationMs < cell.minMs) cell.minMs = durationMs;
  if (durationMs > cell.maxMs) cell.maxMs = durationMs;
  if (row.cached) cell.cacheHits += 1;
  if (row.fallbackUsed) cell.fallbacks += 1;
  if (retries > 0) {
    cell.retries += retries;
    cell.retried += 1;
  }
  if (row.cost !== undefined) cell.cost += row.cost;
  if (now > cell.lastAt) cell.lastAt = now;
  addDuration(cell.durations, durationMs);
  if (row.outcome === "success") {
    cell.successes += 1;
    return;
  }
  if (row.outcome === "outcome_unknown") cell.outcomeUnknown += 1;
  addErrors(cell, (row.errorCode ?? "internal").slice(0, MAX_CODE), 1);
}

export function addCell(into: Cell, from: Cell): void {
  into.calls += from.calls;
  into.successes += from.successes;
  into.totalMs += from.totalMs;
  into.minMs = Math.min(into.minMs, from.minMs);
  into.maxMs = Math.max(into.maxMs, from.maxMs);
  into.cacheHits += from.cacheHits;
  into.retries += from.retries;
  into.retried += from.retried;
  into.fallbacks += from.fallbacks;
  into.outcomeUnknown += from.outcomeUnknown;
  into.cost += from.cost;
  into.lastAt = Math.max(into.lastAt, from.lastAt);
  for (const [code, count] of from.errors ?? []) addErrors(into, code, count);
  addDurations(into.durations, from.durations);
}

export function addErrors(cell: Cell, code: string, count: number): void {
  cell.errors ??= new Map();
  const { errors } = cell;
  const known = errors.has(code) || errors.size < MOST_CODES ? code : OTHER;
  errors.set(known, (errors.get(known) ?? 0) + count);
}

export function figuresOf(cell: Cell): MetricFigures {
  const { calls, minMs, maxMs } = cell;
  const share = (count: number): number => (calls === 0 ? 0 : count / calls);
  // The extremes are exact: no estimate may lie beyond them.
  const within = (part: number): number =>
    calls === 0 ? 0 : Math.min(maxMs, Math.max(minMs, quantile(cell.durations, calls, part)));
  return {
    calls,
    successes: cell.successes,
    successRate: share(cell.successes),
    avgMs: share(cell.totalMs),
    minMs: calls === 0 ? 0 : minMs,
    maxMs,
    p50Ms: within(0.5),
    p95Ms: within(0.95),
    p99Ms: within(0.99),
    cacheHits: cell.cacheHits,
    hitRate: share(cell.cacheHits),
    retries: cell.retries,
    retryRate: share(cell.retried),
    fallbacks: cell.fallbacks,
    fallbackRate: share(cell.fallbacks),
    errors: Object.fromEntries(cell.errors ?? []),
    outcomeUnknown: cell.outcomeUnknown,
    lastAt: cell.lastAt,
    cost: cell.cost,
  };
}
