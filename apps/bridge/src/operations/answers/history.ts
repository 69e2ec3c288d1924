import * as z from "zod";
import { chainRun } from "./calls.ts";
import { count, fault, named, shape, someObject, time } from "./shape.ts";

const row = {
  execution_id: z.string(),
  number: count.optional().describe("Its place in the history of this bridge."),
  parent_execution_id: z.string().optional(),
  server: z.string(),
  tool: z.string(),
  principal: z.string(),
  replica: z.string().optional().describe("Of several bridges, the one that was called."),
  outcome: z.enum(["started", "success", "tool_error", "error", "outcome_unknown"]),
  started_at: time,
  duration_ms: z.number().optional(),
  attempts: count,
  retry_count: count,
  cached: z.boolean(),
  fallback_used: z.boolean(),
  read_only: z.boolean(),
  arguments: someObject.optional(),
  client: z.string().optional(),
  era: z.enum(["legacy", "modern"]).optional(),
  cost: z.number().optional(),
  request_bytes: count.optional(),
  result_bytes: count.optional(),
  error: fault.optional(),
};

const historyRow = shape("HistoryRow", row);

export const historyPage = shape("HistoryPage", {
  executions: z.array(historyRow),
  next: z.union([z.int(), z.string()]).optional(),
  problem: z.string().optional().describe("What is missing, as somebody did not answer."),
});

const stage = shape("Stage", {
  policy: z.string(),
  decision: z.string(),
  ms: z.number(),
  at: z.number().optional().describe("Milliseconds since the call began."),
});

const children = z.array(historyRow);

/** A call and what it caused; or a chain that came in by itself. */
export const explanation = named(
  "Explanation",
  z.union([
    shape("ExplainedCall", {
      ...row,
      stages: z.array(stage),
      chain: chainRun.optional(),
      children,
    }),
    shape("ExplainedChain", { execution_id: z.string(), chain: chainRun, children }),
  ]),
);
