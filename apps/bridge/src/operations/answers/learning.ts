import * as z from "zod";
import { count, shape, someObject } from "./shape.ts";

export const promotedChain = shape("PromotedChain", {
  chain: someObject.describe("As run_chain takes it."),
  fixture: someObject.describe("Its test: as chain_test takes it."),
  inputs: z.array(
    shape("ChainInput", {
      name: z.string(),
      required: z.boolean().describe("Its value is not known: a run must give it."),
    }),
  ),
  references: z.array(
    shape("InferredReference", { step: z.string(), argument: z.string(), reference: z.string() }),
  ),
  choices: z
    .array(
      shape("InferredChoice", {
        step: z.string(),
        argument: z.string(),
        value: z.unknown(),
        taken: z.string(),
        others: z.array(z.string()),
      }),
    )
    .describe("What could be otherwise, for a person to look at."),
  left_out: z.array(
    shape("LeftOutCall", { execution_id: z.string(), call: z.string(), why: z.string() }),
  ),
  notes: z.array(z.string()),
  test: shape("PromotedTest", { passed: z.boolean(), steps: count }),
});

export const testedChain = shape("TestedChain", {
  passed: z.boolean(),
  steps: z.array(
    shape("TestedStep", {
      step: z.string(),
      server: z.string(),
      tool: z.string(),
      same: z.boolean(),
      error: z.string().optional(),
      arguments: someObject.optional().describe("What it would be called with."),
      recorded: someObject.optional().describe("What was called."),
    }),
  ),
});
