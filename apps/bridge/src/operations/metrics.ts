import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import type { MetricQuery, MetricRow } from "../state/metrics/metrics.ts";
import { metricsAnswer, performanceAnswer } from "./answers/metrics.ts";
import { NO_EFFECT, serverField, timeField, toolField } from "./fields.ts";
import { forecasts, presentForecast } from "./forecasts.ts";
import { given, placeOf } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { visiblePrincipal } from "./sight.ts";

/** Whose calls are meant, and when. */
export const metricFilter = {
  from: timeField.optional(),
  to: timeField.optional(),
  timeframe: z
    .string()
    .optional()
    .describe("Another way to say `from`: `15m`, `24h`, `7d`, `hour`, `day`, `week`, `month`."),
  server: serverField.optional(),
  tool: toolField.optional(),
  principal: z.string().optional().describe("The id of who called."),
};

export const metrics = defineOperation({
  name: "metrics",
  title: "Metrics",
  description:
    "Calls, success rate, durations, cache hits, retries, fallbacks and costs, by tool, server or caller, over time.",
  input: z.object({
    ...metricFilter,
    bucket: z.enum(["minute", "hour", "day", "none"]).default("none").describe("A row for each."),
    group_by: z
      .enum(["tool", "server", "principal", "none"])
      .default("tool")
      .describe("What there is a row for."),
    metricType: z
      .enum(["all", "usage", "performance", "cache", "errors", "cost"])
      .default("all")
      .describe("Only these figures."),
  }),
  output: metricsAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ bucket, group_by, metricType, ...asked }, context, core) {
    const query = await queryOf(asked, context, core);
    const [{ rows, problem }, all] = await Promise.all([
      core.figures.query({ ...query, bucket, groupBy: group_by }),
      core.figures.query({ ...query, groupBy: "none" }),
    ]);
    const [total] = all.rows;
    const present = (row: MetricRow): JsonObject => presentMetrics(row, metricType);
    return {
      metrics: rows.map(present),
      ...given({ totals: total && present(total), problem }),
    };
  },
});

export const performance = defineOperation({
  name: "performance",
  title: "Performance",
  description:
    "How each tool does: quantiles, rates, the state of its breaker, its last call, its cost.",
  input: z.object(metricFilter),
  output: performanceAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run(asked, context, core) {
    const query = await queryOf(asked, context, core);
    const { rows, problem } = await core.figures.query({ ...query, groupBy: "tool" });
    const foretold = await forecasts(context.principal, core);
    const { breaker, bulkhead } = core.calls.pipeline;
    const forecastFor = ({ server, tool }: MetricRow): JsonObject => {
      const forecast = foretold.get(`${server}.${tool}`);
      return forecast ? { forecast: presentForecast(forecast) } : {};
    };
    return {
      tools: rows.map((row) => ({
        ...presentMetrics(row, "all"),
        ...forecastFor(row),
        breaker: breaker.state(row.server ?? "", row.tool ?? ""),
      })),
      load: bulkhead.load().map((each): JsonObject => ({ ...each })),
      ...given({ problem }),
    };
  },
});

const filterInput = z.object(metricFilter);
type Asked = z.output<typeof filterInput>;

export async function queryOf(
  { from, to, timeframe, server, tool, principal }: Asked,
  context: RequestContext,
  core: Core,
): Promise<MetricQuery> {
  if (from !== undefined && timeframe !== undefined) {
    throw new TrestleError("invalid_input", "timeframe is another way to say from: give one.", {
      details: { fields: ["timeframe"] },
    });
  }
  const since = timeframe === undefined ? from : core.clock.now() - spanOf(timeframe);
  return {
    ...given({ from: since, to }),
    ...(await placeOf({ server, tool }, core, context.principal)),
    ...visiblePrincipal(context.principal, principal),
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNITS = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
const WORDS: Readonly<Record<string, number>> = {
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
};

function spanOf(timeframe: string): number {
  const text = timeframe.trim().toLowerCase();
  if (Object.hasOwn(WORDS, text)) return WORDS[text] ?? 0;
  const found = /^(\d{1,6}) ?([mhdw])/.exec(text);
  const [, count, unit] = found ?? [];
  if (count === undefined || unit === undefined) {
    throw new TrestleError(
      "invalid_input",
      `timeframe: "${timeframe}" is no span of time; write 15m, 24h, 7d, hour, day, week or month.`,
      { details: { fields: ["timeframe"] } },
    );
  }
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

const FIGURES = {
  usage: ["calls", "successes", "success_rate", "last_execution"],
  performance: ["calls", "avg_ms", "min_ms", "max_ms", "p50_ms", "p95_ms", "p99_ms"],
  cache: ["calls", "cache_hits", "hit_rate"],
  errors: ["calls", "success_rate", "errors", "outcome_unknown", "retries", "retry_rate"],
  cost: ["calls", "cost"],
};
const PLACE = ["start", "server", "tool", "principal"];

function presentMetrics(row: MetricRow, type: "all" | keyof typeof FIGURES): JsonObject {
  const shown = given({
    start: row.start === undefined ? undefined : new Date(row.start).toISOString(),
    server: row.server,
    tool: row.tool,
    principal: row.principal,
    calls: row.calls,
    successes: row.successes,
    success_rate: row.successRate,
    avg_ms: row.avgMs,
    min_ms: row.minMs,
    max_ms: row.maxMs,
    p50_ms: row.p50Ms,
    p95_ms: row.p95Ms,
    p99_ms: row.p99Ms,
    cache_hits: row.cacheHits,
    hit_rate: row.hitRate,
    retries: row.retries,
    retry_rate: row.retryRate,
    fallbacks: row.fallbacks,
    fallback_rate: row.fallbackRate,
    errors: { ...row.errors },
    outcome_unknown: row.outcomeUnknown,
    last_execution: row.lastAt === 0 ? undefined : new Date(row.lastAt).toISOString(),
    cost: row.cost,
  }) as JsonObject;
  if (type === "all") return shown;
  const wanted = new Set([...PLACE, ...FIGURES[type]]);
  return Object.fromEntries(Object.entries(shown).filter(([name]) => wanted.has(name)));
}
