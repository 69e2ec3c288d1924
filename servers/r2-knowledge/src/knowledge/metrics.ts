import { type ErrorMetrics, errorMetrics } from "../analytics/errors.ts";
import { type GrowthMetrics, growthMetrics } from "../analytics/growth.ts";
import { type LearningMetrics, learningMetrics } from "../analytics/learning.ts";
import { type SearchMetrics, searchMetrics } from "../analytics/searches.ts";
import { measureStorage, type StorageMetrics } from "../analytics/storage.ts";
import { type UsageMetrics, usageMetrics } from "../analytics/usage.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Seeing } from "../records/record-facts.ts";
import type { Parts } from "./parts.ts";
import { type Row, rowFacts } from "./rows.ts";
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

/** With `permits`, errors, learning and growth are those of what is permitted. */
export interface MetricsOptions extends CallOptions, Seeing {
  /** Milliseconds since 1970. */
  readonly since: number;
}

export async function readMetrics(
  parts: Parts & { readonly samples: Samples },
  kinds: readonly MetricKind[],
  { since, permits, signal }: MetricsOptions,
): Promise<Metrics> {
  const wants = (kind: MetricKind) => kinds.includes(kind);
  const { diagnoses } = parts.indexes;
  if (kinds.some((kind) => kind !== "r2-storage" && kind !== "usage"))
    await parts.indexes.refresh({ signal });
  const sum =
    wants("usage") || wants("search") ? await parts.samples.since(since, { signal }) : undefined;
  const all = [...diagnoses.rows.all()];
  const rows = permits === undefined ? all : all.filter((row) => permits(rowFacts(row)));
  const period = { since, until: parts.clock.now() };
  const seesAll = permits === undefined;
  return {
    ...(wants("r2-storage") && { "r2-storage": await measureStorage(parts, { signal }) }),
    ...(wants("usage") && sum && { usage: usageMetrics(sum, period) }),
    ...(wants("search") &&
      sum && { search: searchMetrics(sum, { indexed: diagnoses.rows.size(), seesAll }) }),
    ...(wants("errors") && { errors: errorMetrics(rows, metOf(parts, rows), period) }),
    ...(wants("learning") && { learning: learningMetrics(parts, rows, period) }),
    ...(wants("growth") && { growth: growthMetrics(rows, period) }),
  };
}

/** Every time that an error was met. */
function metOf({ tallies }: Pick<Parts, "tallies">, rows: readonly Row[]) {
  return rows.flatMap(({ id, name, at }) => [
    { name, at },
    ...[...tallies.happenings(id)]
      .filter(({ worked }) => worked === undefined)
      .map((again) => ({ name, at: again.at })),
  ]);
}
