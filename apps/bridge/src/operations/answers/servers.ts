import * as z from "zod";
import { REVIEW_STATES } from "../../state/review/items.ts";
import { toolForecast } from "./metrics.ts";
import { cacheCounts } from "./policies.ts";
import { count, named, serverKind, serverState, shape, time } from "./shape.ts";

const load = { running: count, waiting: count, open_breakers: z.array(z.string()) };
const about = { id: z.string(), kind: serverKind, state: serverState };

export const healthAnswer = shape("Health", {
  status: z.enum(["ok", "degraded"]),
  version: z.string(),
  uptime_s: count,
  // With a key.
  reasons: z.array(z.string()).optional(),
  servers: z
    .array(
      shape("ServerHealth", {
        ...about,
        degraded: z.boolean(),
        ...load,
        asking: count,
        error: z.string().optional(),
      }),
    )
    .optional(),
  parked: count.optional(),
  history: shape("HistoryHealth", { dropped: count }).optional(),
  shared: shape("SharedHealth", {
    replica: z.string(),
    replicas: count,
    redis: z.enum(["up", "down"]),
  }).optional(),
  disk: z
    .array(
      shape("DiskUse", {
        part: z.string(),
        bytes: count,
        quota_bytes: count,
        at_quota: z.enum(["drops", "refuses", "told"]),
      }),
    )
    .optional()
    .describe("Parts of the home, as they were measured last."),
  postgres: shape("PostgresHealth", {
    state: z.enum(["starting", "up", "down"]),
    home: z.string(),
    lag_rows: count.describe("Executions that are not copied yet."),
    lag_ms: count.describe("For how long the oldest of them waits."),
    audit_behind: count.describe("Audit entries that are not copied yet."),
    lost: count.describe("Executions that were not copied before they were deleted here."),
    problem: z.string().optional(),
  }).optional(),
});

export const serversAnswer = shape("Servers", {
  servers: z.array(
    shape("ServerState", {
      ...about,
      aliases: z.array(z.string()),
      tools: count,
      prompts: count,
      resources: count,
      settled: z.boolean(),
      degraded: z.boolean(),
      lists_from: z.enum(["nowhere", "earlier run", "server"]),
      problem: z.string().optional(),
      era: z.enum(["legacy", "modern"]).optional(),
      pid: count.optional(),
      restarts: count,
      last_error: z.string().optional(),
      since: time,
      stderr: z.array(z.string()).optional(),
    }),
  ),
  problems: z.array(
    shape("ConfigProblem", {
      server: z.string(),
      level: z.enum(["warning", "error"]),
      message: z.string(),
      key: z.string().optional(),
      line: count.optional(),
    }),
  ),
});

export const processes = shape("Processes", {
  bridge: shape("BridgeProcess", {
    pid: count,
    rss_bytes: count.optional(),
    uptime_s: count,
    parked: count,
  }),
  processes: z.array(
    shape("ServerProcess", {
      server: z.string(),
      state: serverState,
      pid: count.optional(),
      restarts: count,
      since: time,
      rss_bytes: count.optional(),
    }),
  ),
});

const checked = { name: z.string(), message: z.string() };

export const diagnosis = shape("Diagnosis", {
  status: z.enum(["ok", "warn", "fail"]),
  checks: z.array(
    named(
      "Check",
      z.union([
        z.object({ ...checked, status: z.literal("ok") }),
        z.object({ ...checked, status: z.enum(["warn", "fail"]), next: z.string() }),
      ]),
    ),
  ),
});

const statisticsOfOne = {
  uptime_s: count,
  calls: shape("CallCounts", {
    running: count,
    total: count,
    successes: count,
    errors: z.record(z.string(), count),
    cache_hits: count,
    retries: count,
    fallbacks: count,
  }),
  servers: z.array(
    shape("ServerStatistics", {
      ...about,
      restarts: count,
      ...load,
      rss_bytes: count.optional(),
    }),
  ),
  forecasts: z.array(toolForecast).optional().describe("Of tools that fail foreseeably."),
  // For whoever runs the bridge.
  bridge: shape("BridgeStatistics", {
    process: shape("ProcessStatistics", {
      rss_bytes: count,
      heap_bytes: count,
      external_bytes: count,
      cpu_s: z.number(),
    }),
    cache: shape("CacheCounts", cacheCounts),
    catalog: shape("CatalogStatistics", { tools: count }),
    events: shape("EventStatistics", { last_seq: count, watched: z.boolean() }),
    history: shape("HistoryStatistics", { dropped: count }),
    review: named("ReviewCounts", z.partialRecord(z.enum(REVIEW_STATES), count)),
    webhooks: shape("WebhookCounts", { waiting: count, dead: count }),
    parked: count,
  }).optional(),
};

export const statistics = shape("Statistics", {
  ...statisticsOfOne,
  replicas: z
    .array(shape("ReplicaStatistics", { replica: z.string(), ...statisticsOfOne }))
    .optional()
    .describe("Of several bridges, each, this one first."),
  problem: z.string().optional().describe("What is missing, as somebody did not answer."),
});
