import type { CallOptions } from "../object-store/object-store.ts";
import type { RequestCounts } from "./counting-store.ts";
import { type OperationCount, percentile } from "./meter.ts";
import type { Parts } from "./parts.ts";
import { confidenceOfRow } from "./rows.ts";
import type { Samples } from "./samples.ts";

export const METRIC_KINDS = [
  "r2-storage",
  "usage",
  "search",
  "errors",
  "learning",
  "growth",
] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/** What was asked for, and only that. */
export interface Metrics {
  readonly "r2-storage"?: StorageMetrics;
  readonly usage?: UsageMetrics;
  readonly search?: SearchMetrics;
  readonly errors?: ErrorMetrics;
  readonly learning?: LearningMetrics;
  readonly growth?: GrowthMetrics;
}

export interface StorageMetrics {
  readonly where: string;
  readonly objects: number;
  readonly bytes: number;
  /** By the folder below `mcp/`. */
  readonly folders: Readonly<Record<string, { objects: number; bytes: number }>>;
  /** There are more than were counted. */
  readonly truncated: boolean;
}

export interface UsageMetrics {
  readonly operations: Readonly<Record<string, OperationCount>>;
  readonly requests: RequestCounts;
  readonly samples: number;
}

export interface SearchMetrics {
  readonly searches: number;
  readonly empty: number;
  /** Milliseconds, as precise as the steps of the count are. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly indexed: number;
}

export interface ErrorMetrics {
  readonly stored: number;
  readonly withoutFix: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly byContext: Readonly<Record<string, number>>;
}

export interface LearningMetrics {
  readonly outcomes: number;
  readonly worked: number;
  /** Share of what was tried that worked; null where nothing was. */
  readonly successRate: number | null;
  readonly fixesTried: number;
  readonly fixesNeverTried: number;
  /** How far the odds that are told lie from what came of it, 0 to 1: the less the better. */
  readonly calibrationError: number | null;
}

export interface GrowthMetrics {
  readonly total: number;
  readonly inPeriod: number;
  /** Diagnoses stored on each day (UTC) of the period, the last 90 at most. */
  readonly byDay: Readonly<Record<string, number>>;
}

export interface MetricsOptions extends CallOptions {
  /** Milliseconds since 1970. */
  readonly since: number;
}

export async function readMetrics(
  parts: Parts & { readonly samples: Samples },
  kinds: readonly MetricKind[],
  { since, signal }: MetricsOptions,
): Promise<Metrics> {
  const wants = (kind: MetricKind) => kinds.includes(kind);
  if (kinds.some((kind) => kind !== "r2-storage" && kind !== "usage"))
    await parts.indexes.refresh({ signal });
  const sum =
    wants("usage") || wants("search") ? await parts.samples.since(since, { signal }) : undefined;
  return {
    ...(wants("r2-storage") && { "r2-storage": await measureStorage(parts, { signal }) }),
    ...(wants("usage") &&
      sum && {
        usage: { operations: sum.operations, requests: sum.requests, samples: sum.samples },
      }),
    ...(wants("search") &&
      sum && {
        search: {
          searches: sum.searches.count,
          empty: sum.searches.empty,
          p50: percentile(sum.searches, 0.5) ?? null,
          p99: percentile(sum.searches, 0.99) ?? null,
          indexed: parts.indexes.diagnoses.rows.size(),
        },
      }),
    ...(wants("errors") && { errors: errorMetrics(parts, since) }),
    ...(wants("learning") && { learning: learningMetrics(parts) }),
    ...(wants("growth") && { growth: growthMetrics(parts, since) }),
  };
}

/** One request for every thousand objects: beyond so many it is no longer worth it. */
const MOST_PAGES = 200;

export async function measureStorage(
  { store }: Pick<Parts, "store">,
  { signal }: CallOptions = {},
): Promise<StorageMetrics> {
  const folders: Record<string, { objects: number; bytes: number }> = {};
  let after: string | undefined;
  let pages = 0;
  do {
    const page = await store.list("mcp/", { after, signal });
    for (const { key, size } of page.objects) {
      const folder = key.split("/")[1] ?? "";
      const known = folders[folder] ?? { objects: 0, bytes: 0 };
      folders[folder] = { objects: known.objects + 1, bytes: known.bytes + size };
    }
    after = page.next;
    pages += 1;
  } while (after !== undefined && pages < MOST_PAGES);
  const all = Object.values(folders);
  return {
    where: store.description,
    objects: all.reduce((sum, { objects }) => sum + objects, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    folders,
    truncated: after !== undefined,
  };
}

function errorMetrics({ indexes }: Parts, since: number): ErrorMetrics {
  const rows = [...indexes.diagnoses.rows.all()].filter(({ at }) => at >= since);
  return {
    stored: rows.length,
    withoutFix: rows.filter(({ fix }) => fix === undefined).length,
    byName: most(rows.map(({ name }) => name || "(none)")),
    bySeverity: most(rows.map(({ severity }) => severity ?? "(none)")),
    byContext: most(rows.map(({ context }) => context ?? "(none)")),
  };
}

const MOST_NAMED = 20;

/** The most frequent values and how often each is there. */
function most(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted((a, b) => b[1] - a[1]).slice(0, MOST_NAMED));
}

function learningMetrics(parts: Parts): LearningMetrics {
  const fixes = [...parts.indexes.diagnoses.rows.all()].filter(({ fix }) => fix !== undefined);
  let [worked, outcomes, tried, error] = [0, 0, 0, 0];
  for (const row of fixes) {
    const { tally } = parts.tallies.of(row.id);
    const attempts = tally.worked + tally.failed;
    if (attempts === 0) continue;
    tried += 1;
    outcomes += attempts;
    worked += tally.worked;
    error += Math.abs(confidenceOfRow(parts, row).value - tally.worked / attempts) * attempts;
  }
  return {
    outcomes,
    worked,
    successRate: outcomes === 0 ? null : worked / outcomes,
    fixesTried: tried,
    fixesNeverTried: fixes.length - tried,
    calibrationError: outcomes === 0 ? null : error / outcomes,
  };
}

const MOST_DAYS = 90;

function growthMetrics({ indexes }: Parts, since: number): GrowthMetrics {
  const rows = [...indexes.diagnoses.rows.all()];
  const inPeriod = rows.filter(({ at }) => at >= since);
  const days = new Map<string, number>();
  for (const { at } of inPeriod) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const sorted = [...days].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(-MOST_DAYS);
  return { total: rows.length, inPeriod: inPeriod.length, byDay: Object.fromEntries(sorted) };
}
