import type { Row } from "../knowledge/rows.ts";
import { countByDay } from "./days.ts";

export interface ErrorMetrics {
  readonly stored: number;
  readonly withoutFix: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly byContext: Readonly<Record<string, number>>;
  /** How often errors of a name were met in this period and in the one before it, what rose most first. */
  readonly trends: readonly ErrorTrend[];
}

export interface ErrorTrend {
  readonly name: string;
  readonly before: number;
  readonly now: number;
  /** On each day (UTC) of the period, the last 90 at most. */
  readonly byDay: Readonly<Record<string, number>>;
}

export interface Met {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const MOST_NAMED = 20;
const MOST_TRENDS = 10;
const NONE = "(none)";

/** @param met every time that an error was met, the first time included */
export function errorMetrics(
  rows: readonly Row[],
  met: readonly Met[],
  period: { readonly since: number; readonly until: number },
): ErrorMetrics {
  const stored = rows.filter(({ at }) => at >= period.since);
  return {
    stored: stored.length,
    withoutFix: stored.filter(({ fix }) => fix === undefined).length,
    byName: most(stored.map(({ name }) => name || NONE)),
    bySeverity: most(stored.map(({ severity }) => severity ?? NONE)),
    byContext: most(stored.map(({ context }) => context ?? NONE)),
    trends: trendsOf(met, period),
  };
}

/** The most frequent values and how often each is there. */
function most(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted((a, b) => b[1] - a[1]).slice(0, MOST_NAMED));
}

function trendsOf(
  met: readonly Met[],
  { since, until }: { readonly since: number; readonly until: number },
): ErrorTrend[] {
  const earlier = since - (until - since);
  const times = new Map<string, { before: number; now: number[] }>();
  for (const { name, at } of met) {
    if (at < earlier || at > until) continue;
    const known = times.get(name || NONE) ?? { before: 0, now: [] };
    if (at < since) known.before += 1;
    else known.now.push(at);
    times.set(name || NONE, known);
  }
  return [...times]
    .map(([name, { before, now }]) => ({ name, before, now: now.length, times: now }))
    .filter(({ now }) => now > 0)
    .toSorted((a, b) => b.now - b.before - (a.now - a.before) || b.now - a.now)
    .slice(0, MOST_TRENDS)
    .map(({ times: at, ...trend }) => ({ ...trend, byDay: countByDay(at, { since, until }) }));
}
