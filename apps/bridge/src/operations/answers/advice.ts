import * as z from "zod";
import { count, shape, someObject, time } from "./shape.ts";

const key = z.string().describe("Of trestle.json.");
const kind = z.enum(["ttl", "retries", "timeout", "concurrency"]);

/** One figure that the bridge goes by in the place of what is configured. */
export const autotunedFields = {
  kind,
  server: z.string(),
  tool: z.string().optional(),
  from: z.number(),
  to: z.number(),
  at: time,
};

export const adviceAnswer = shape("Advice", {
  tuning: z.array(
    shape("TuningAdvice", {
      key,
      kind,
      server: z.string(),
      tool: z.string().optional(),
      from: z.number().optional().describe("What it is now; nothing where answers are not kept."),
      to: z.number(),
      evidence: z.string(),
      figures: z.record(z.string(), z.number()),
      patch: someObject.describe("What trestle.json would hold."),
    }),
  ),
  usage: z.array(
    shape("UsageAdvice", {
      key,
      server: z.string(),
      tokens: count.describe("That the tools cost each session, about."),
      evidence: z.string(),
      tools: z.array(shape("UnusedTool", { name: z.string(), tokens: count })),
      patch: someObject,
    }),
  ),
  usage_reason: z.string().optional().describe("Why nothing is said of usage."),
  autotune: z.boolean(),
  autotuned: z.array(shape("Autotuned", autotunedFields)),
});

export const tunedAnswer = shape("AdviceApplied", {
  applied: z.array(shape("AppliedAdvice", { key, value: z.unknown() })),
  file: z.string().optional(),
  backup: z.string().optional(),
  in_effect: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
});
