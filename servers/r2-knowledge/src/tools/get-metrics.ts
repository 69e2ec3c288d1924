import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { queryCounts } from "../analytics/queries.ts";
import { METRIC_KINDS } from "../knowledge/metrics.ts";
import { parseSince } from "../knowledge/since.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { timeframe } from "./shapes.ts";
import { untrustedJson } from "./untrusted.ts";

const kind = z.enum(METRIC_KINDS);

const input = z.object({
  type: z
    .union([kind, z.array(kind).min(1), z.literal("all")], {
      error: `must be all, or one or several of ${METRIC_KINDS.join(", ")}`,
    })
    .optional()
    .describe("What to measure; all but r2-storage by default, which lists the whole bucket"),
  since: timeframe,
});

const counts = z.record(z.string(), z.int());
const amounts = z.object({ objects: z.int(), bytes: z.int() });

const output = z.object({
  since: z.string(),
  "r2-storage": z
    .object({
      ...amounts.shape,
      where: z.string(),
      folders: z.record(z.string(), amounts),
      truncated: z.boolean(),
    })
    .optional(),
  usage: z
    .object({
      operations: z.record(z.string(), z.object({ count: z.int(), failed: z.int() })),
      requests: counts,
      samples: z.int().describe("Processes and spans that the figures are made of"),
      truncated: z.boolean(),
      byDay: counts.describe("Operations"),
      byHour: z.array(z.int()).describe("Operations in each hour of the day, UTC"),
    })
    .optional(),
  search: z
    .object({
      searches: z.int(),
      empty: z.int().describe("Found nothing"),
      p50: z.number().nullable().describe("Milliseconds"),
      p99: z.number().nullable().describe("Milliseconds"),
      indexed: z.int(),
      popular: z.array(queryCounts).describe("Most asked, and what came of it"),
      unanswered: z.array(queryCounts).describe("Asked, and nothing was found"),
    })
    .optional(),
  errors: z
    .object({
      stored: z.int(),
      withoutFix: z.int(),
      byName: counts,
      bySeverity: counts,
      byContext: counts,
      trends: z
        .array(z.object({ name: z.string(), before: z.int(), now: z.int(), byDay: counts }))
        .describe("Met in the period before and in this one, what rose most first"),
    })
    .optional(),
  learning: z
    .object({
      outcomes: z.int(),
      worked: z.int(),
      successRate: z.number().nullable(),
      fixesTried: z.int(),
      fixesNeverTried: z.int(),
      calibrationError: z
        .number()
        .nullable()
        .describe("How far told odds lie from what came of it"),
      metAgain: z.int().describe("Errors of the period that were known"),
      metAgainWithFix: z.int(),
      workedByDay: counts,
      failedByDay: counts,
    })
    .optional(),
  growth: z
    .object({ total: z.int(), inPeriod: z.int(), byDay: counts, withFixByDay: counts })
    .optional(),
});

const USUAL = METRIC_KINDS.filter((each) => each !== "r2-storage");

export const getMetrics = defineTool<typeof input, typeof output, State>({
  name: "get_metrics",
  title: "Get metrics",
  description:
    "Measures the knowledge: r2-storage, usage, search (what is asked, what finds nothing), errors and their trends, learning (do fixes work), growth.",
  profile: "all",
  aliases: ["GetFactoryWagerMetrics"],
  argumentAliases: { metricType: "type", timeframe: "since" },
  input,
  output,
  hints: READS,
  content: (metrics) => untrustedJson(metrics),
  async run({ type, since = "30d" }, { state, signal, clock }) {
    const from = parseSince(since, clock.now(), "since");
    const kinds = type === "all" ? METRIC_KINDS : type === undefined ? USUAL : [type].flat();
    const metrics = await state.knowledge.metrics(kinds, { since: from, signal });
    // The figures are plain data; only their types say that nobody may change them.
    const figures = structuredClone(metrics) as unknown as Omit<z.input<typeof output>, "since">;
    return { since: new Date(from).toISOString(), ...figures };
  },
});
