import { evidenceOf } from "../reports/evidence.ts";
import { costOutliers } from "./cost-outliers.ts";
import { flakyCommands } from "./flaky-commands.ts";
import { hotFiles } from "./hot-files.ts";
import type { Hint, INSIGHT_KINDS, Insight, InsightQuery, InsightSources } from "./insight.ts";
import { recurringFailures } from "./recurring-failures.ts";
import { stuckWork } from "./stuck-work.ts";

type Kind = (typeof INSIGHT_KINDS)[number];
type Find = (sources: InsightSources, query: InsightQuery) => Promise<Hint[]>;

const finders: Readonly<Record<Kind, Find>> = {
  recurring_failure: recurringFailures,
  stuck_work: stuckWork,
  flaky_command: flakyCommands,
  hot_file: hotFiles,
  cost_outlier: costOutliers,
};

export interface FindQuery extends InsightQuery {
  readonly kinds?: readonly Kind[] | undefined;
  readonly minConfidence?: number | undefined;
  readonly limit: number;
}

/** The surest first. What no record that is still there shows is no insight. */
export async function findInsights(sources: InsightSources, query: FindQuery): Promise<Insight[]> {
  const { kinds = Object.keys(finders) as Kind[], minConfidence = 0, limit } = query;
  const found = await Promise.all(kinds.map((kind) => finders[kind](sources, query)));
  const best = found
    .flat()
    .filter(({ confidence }) => confidence >= minConfidence)
    .toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, limit);
  const insights = await Promise.all(
    best.map(async ({ records, ...hint }) => ({
      ...hint,
      evidence: await evidenceOf(sources.store, records),
    })),
  );
  return insights.filter(({ evidence }) => evidence.length > 0);
}
