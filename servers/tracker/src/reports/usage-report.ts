import * as z from "zod";
import type { UsageSum } from "../model/session.ts";
import type { UsageQuery } from "../store/queries.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { costOf, type Prices } from "./prices.ts";

const sumShape = z.object({
  responses: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  cacheReadTokens: z.int(),
  cacheWriteTokens: z.int(),
  dollars: z.number().optional().describe("Where the prices of all its models are known"),
});

export const usageShape = z.object({
  rows: z.array(sumShape.extend({ key: z.string(), models: z.array(z.string()) })),
  total: sumShape,
  unpriced: z
    .array(z.string())
    .describe("Models whose price is not known: see TRACKER_PRICES_FILE"),
  omitted: z.int().describe("Rows beyond the limit; they are in the total"),
});

export type UsageReport = z.output<typeof usageShape>;

/** Tokens and what they cost, the most costly first; days in their order. Responses count once. */
export async function usageReport(
  { store, prices }: { readonly store: Pick<TrackerStore, "usage">; readonly prices: Prices },
  query: UsageQuery,
  limit: number,
): Promise<UsageReport> {
  const sums = await store.usage(query);
  const rows = [...Map.groupBy(sums, ({ key }) => key)].map(([key, all]) => ({
    ...{ key, models: all.map(({ model }) => model) },
    ...add(all, prices),
  }));
  const sorted =
    query.by === "day"
      ? rows.toSorted((a, b) => b.key.localeCompare(a.key))
      : rows.toSorted(
          (a, b) => (b.dollars ?? 0) - (a.dollars ?? 0) || b.outputTokens - a.outputTokens,
        );
  const models = new Set(
    sums.filter((sum) => costOf(sum, prices) === undefined).map(({ model }) => model),
  );
  return {
    rows: sorted.slice(0, limit),
    total: add(sums, prices),
    unpriced: [...models],
    omitted: Math.max(0, rows.length - limit),
  };
}

function add(all: readonly UsageSum[], prices: Prices) {
  const costs = all.map((sum) => costOf(sum, prices));
  const total = (field: Exclude<keyof UsageSum, "key" | "model">) =>
    all.reduce((sum, each) => sum + each[field], 0);
  const isPriced = costs.every((cost) => cost !== undefined);
  const dollars = costs.reduce((sum: number, cost) => sum + (cost ?? 0), 0);
  return {
    responses: total("responses"),
    inputTokens: total("inputTokens"),
    outputTokens: total("outputTokens"),
    cacheReadTokens: total("cacheReadTokens"),
    cacheWriteTokens: total("cacheWriteTokens"),
    ...(isPriced && { dollars: Math.round(dollars * 10_000) / 10_000 }),
  };
}
