import * as z from "zod";
import { count, named, shape, time } from "./shape.ts";

const amount = { cost: z.number().min(0), unit: z.string() };

const costRow = shape("CostRow", {
  server: z.string().optional(),
  tool: z.string().optional(),
  principal: z.string().optional(),
  day: z.string().optional().describe("Of UTC."),
  calls: count,
  ...amount,
});

const runCost = shape("RunCost", {
  run: z.string(),
  kind: z.enum(["chain", "workflow"]),
  name: z.string().optional(),
  principal: z.string(),
  started_at: time,
  calls: count,
  amounts: z.array(shape("Amount", amount)),
});

export const costsAnswer = shape("Costs", {
  group_by: z.enum(["tool", "server", "principal", "day", "run"]),
  from: time,
  costs: named("CostRows", z.array(z.union([costRow, runCost]))),
  totals: z.array(shape("CostTotal", { calls: count, ...amount })),
  budgets: z
    .array(
      shape("Budget", {
        rule: z.string(),
        server: z.string(),
        unit: z.string(),
        above: z.number(),
        over_s: count.describe("Seconds that are looked back."),
        spent: z.number(),
        exceeded: z.boolean(),
      }),
    )
    .optional()
    .describe("For whoever sees all calls."),
  problem: z.string().optional().describe("What is missing, as somebody did not answer."),
});
