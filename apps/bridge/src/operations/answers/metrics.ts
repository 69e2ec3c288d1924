import * as z from "zod";
import { breakerState, count, named, shape, time } from "./shape.ts";

const share = z.number().min(0).max(1);
const ms = z.number().min(0);

const place = {
  start: time.optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  principal: z.string().optional(),
};

const figures = {
  successes: count,
  success_rate: share,
  avg_ms: ms,
  min_ms: ms,
  max_ms: ms,
  p50_ms: ms,
  p95_ms: ms,
  p99_ms: ms,
  cache_hits: count,
  hit_rate: share,
  retries: count,
  retry_rate: share,
  fallbacks: count,
  fallback_rate: share,
  errors: z.record(z.string(), count).describe("Failed calls by error code."),
  outcome_unknown: count,
  cost: z.number(),
};
const last = { last_execution: time.optional() };

/** `metricType` may leave figures out. */
const metricRow = shape("MetricRow", {
  ...place,
  calls: count,
  ...z.object(figures).partial().shape,
  ...last,
});

export const metricsAnswer = shape("MetricsAnswer", {
  metrics: z.array(metricRow),
  totals: metricRow.optional(),
  problem: z.string().optional().describe("What is missing, as somebody did not answer."),
});

const foretold = {
  failure_probability: share.describe("That the next call fails."),
  base_rate: share.describe("Of all its calls that are kept."),
  skill: z.number().describe("Over the best constant guess, on later calls; 1 is perfect."),
  outcomes: count,
  because: z.string().describe("What the forecast rests on most."),
};

/** Of a tool; what is hidden has no probability. */
const forecast = named(
  "Forecast",
  z.union([
    shape("ShownForecast", foretold),
    shape("HiddenForecast", { outcomes: count, hidden: z.string().describe("Why.") }),
  ]),
);

export const toolForecast = shape("ToolForecast", { name: z.string(), ...foretold });

export const performanceAnswer = shape("PerformanceAnswer", {
  tools: z.array(
    shape("ToolPerformance", {
      ...place,
      calls: count,
      ...figures,
      ...last,
      breaker: breakerState,
      forecast: forecast.optional(),
    }),
  ),
  load: z.array(
    shape("ServerLoad", {
      server: z.string(),
      running: count,
      waiting: count,
      asking: count,
    }),
  ),
  problem: z.string().optional().describe("What is missing, as somebody did not answer."),
});
