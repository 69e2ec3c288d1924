import { costOf } from "../reports/prices.ts";
import { confidenceOf, type Hint, type InsightQuery, type InsightSources } from "./insight.ts";

const LEAST_SESSIONS = 8;
/** A modified z-score from which on a value is an outlier (Iglewicz and Hoaglin, 1993), of logarithms of costs. */
const OUTLIER = 3.5;
/** Makes the median absolute deviation of normal data its standard deviation. */
const SCALE = 0.6745;
const LEAST_DOLLARS = 0.5;
const MOST_HINTS = 10;

/** Sessions that cost far more than the others of the time. */
export async function costOutliers(
  { store, prices }: InsightSources,
  { from, now, project }: InsightQuery,
): Promise<Hint[]> {
  const sums = await store.usage({
    ...{ by: "session", from, to: now + 1 },
    ...(project !== undefined && { project }),
  });
  const costs = [...Map.groupBy(sums, ({ key }) => key)]
    .map(([session, all]) => ({
      session,
      dollars: all.reduce((total, sum) => total + (costOf(sum, prices) ?? 0), 0),
    }))
    .filter(({ dollars }) => dollars > 0);
  if (costs.length < LEAST_SESSIONS) return [];
  const logs = costs.map(({ dollars }) => Math.log(dollars));
  const middle = medianOf(logs);
  const spread = medianOf(logs.map((value) => Math.abs(value - middle)));
  if (spread === 0) return [];
  const outliers = costs
    .map((cost) => ({ ...cost, score: (SCALE * (Math.log(cost.dollars) - middle)) / spread }))
    .filter(({ score, dollars }) => score > OUTLIER && dollars >= LEAST_DOLLARS)
    .toSorted((a, b) => b.dollars - a.dollars);
  return Promise.all(
    outliers.slice(0, MOST_HINTS).map(async ({ session, dollars, score }) => {
      const [known, last] = await Promise.all([
        store.session(session),
        store.records({ sessionId: session, newest: true, limit: 2 }),
      ]);
      const shown = dollars.toFixed(2);
      return {
        kind: "cost_outlier",
        about: session,
        title: `$${shown} for one session${known?.title === undefined ? "" : `: ${known.title.slice(0, 100)}`}`,
        detail: `The middle session of the time cost $${Math.exp(middle).toFixed(2)}; this one ${(dollars / Math.exp(middle)).toFixed(1)} times that.`,
        action:
          "Look where its tokens went by get_usage with this session; begin long work in fresh sessions.",
        confidence: confidenceOf(1 - OUTLIER / (score * 2)),
        basis: `a modified z-score of ${score.toFixed(1)} among ${costs.length} sessions`,
        project: known?.project ?? "",
        records: last.items.map(({ id }) => id),
      };
    }),
  );
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
