import * as z from "zod";
import { count, fault, named, shape, someObject, toolResult } from "./shape.ts";

/** Of one call: what became of it on its way through the policies. */
const callFacts = {
  execution_id: z.string(),
  duration_ms: z.number().min(0),
  cached: z.boolean(),
  retry_count: count,
  fallback_used: z.boolean(),
  rate_limit: shape("RateLimit", {
    limit: count,
    remaining: count,
    reset: z.number().describe("Epoch milliseconds at which the window ends."),
  }).optional(),
};

export const callMetadata = shape("CallMetadata", {
  server: z.string(),
  tool: z.string(),
  name: z.string(),
  ...callFacts,
});

export const called = shape("Called", { result: toolResult, metadata: callMetadata });

const callFailure = named(
  "CallFailure",
  z.looseObject({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean().optional(),
    retry_after_ms: z.number().optional(),
  }),
);

export const batchAnswer = shape("BatchAnswer", {
  results: z.array(
    shape("BatchResult", {
      id: z.string(),
      success: z.boolean(),
      result: toolResult.optional(),
      error: callFailure.optional(),
      execution_id: z.string().optional(),
      duration_ms: z.number().optional(),
    }),
  ),
  succeeded: count,
  failed: count,
});

export const resultPart = shape("ResultPart", {
  text: z.string().optional(),
  offset: count.optional(),
  total: count.describe("Characters."),
  lines: count,
  items: count.optional(),
  next: count.optional(),
});

const step = {
  id: z.string(),
  server: z.string(),
  tool: z.string(),
  success: z.boolean(),
  error: fault.optional(),
  skipped: z.literal(true).optional(),
  reason: z.string().optional(),
  duration_ms: z.number(),
  execution_id: z.string().optional(),
};

const planned = {
  arguments: z.unknown(),
  waits_for: z.array(z.string()),
  when: z.string(),
  unresolved: z.array(z.string()),
};

/** Of a run, or with `dry_run` of what one would do. */
export const chainAnswer = shape("ChainAnswer", {
  execution_id: z.string().optional(),
  chain_name: z.string(),
  success: z.boolean().optional(),
  outcome: z.enum(["succeeded", "failed", "cancelled", "timed_out"]).optional(),
  completed_steps: count.optional(),
  total_steps: count,
  total_duration_ms: z.number().optional(),
  dry_run: z.literal(true).optional(),
  mode: z.enum(["ordered", "dag"]).optional(),
  ranks: z.array(z.array(z.string())).optional(),
  steps: z.array(
    shape("ChainStepAnswer", {
      ...step,
      success: step.success.optional(),
      duration_ms: step.duration_ms.optional(),
      result: z.unknown().optional(),
      ...z.object(planned).partial().shape,
    }),
  ),
  mermaid: z.string().optional(),
});

const run = {
  execution_id: z.string(),
  chain_name: z.string(),
  principal: z.string(),
  success: z.boolean(),
  outcome: z.enum(["running", "succeeded", "failed", "cancelled", "timed_out", "interrupted"]),
  started_at: z.string().meta({ format: "date-time" }),
  total_duration_ms: z.number().optional(),
  completed_steps: count,
  total_steps: count,
  error: fault.optional(),
};

const chainRow = shape("ChainRow", run);

export const chainRun = shape("ChainRun", {
  ...run,
  steps: z.array(shape("ChainStep", step)),
  definition: someObject,
});

export const chainPage = shape("ChainPage", {
  chains: z.array(chainRow),
  next: z.int().optional(),
});
