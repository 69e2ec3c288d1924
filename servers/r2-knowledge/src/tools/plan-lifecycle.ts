import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { lifecyclePolicy } from "../lifecycle/policy.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";

const input = z.object({
  policy: lifecyclePolicy
    .optional()
    .describe("Another policy than the one that is kept, to see what it would do"),
});

const SHOWN = 100;

const output = z.object({
  policy: z.looseObject({}).describe("The one that the plan is made by"),
  total: z.int().describe("Records that would go"),
  steps: z
    .array(
      z.object({
        action: z.enum(["delete", "archive"]),
        of: z.enum(["diagnoses", "audits"]),
        id: z.string(),
        touched: z.string().describe("When it was stored, changed or met last"),
        rule: z.string(),
      }),
    )
    .describe("The first of them"),
  held: z.record(z.string(), z.int()).describe("Records that holds keep, by the name of the hold"),
  tooYoung: z.int().describe("Records that the policy keeps for their age"),
  seen: z.int(),
  digest: z.string().describe("Stands for this plan: give it to apply_lifecycle"),
});

export const planLifecycle = defineTool<typeof input, typeof output, State>({
  name: "plan_lifecycle",
  title: "Plan the lifecycle",
  description:
    "Tells which records the lifecycle policy would delete or archive by now, and which ones holds keep. Changes nothing.",
  profile: "all",
  input,
  output,
  hints: READS,
  async run({ policy: other }, { state: { operations }, signal }) {
    const policy = other ?? (await operations.lifecycle.policy({ signal }));
    const plan = await operations.lifecycle.plan({ policy, signal });
    return {
      ...{ policy, held: { ...plan.held }, tooYoung: plan.tooYoung, seen: plan.seen },
      ...{ digest: plan.digest, total: plan.steps.length },
      steps: plan.steps.slice(0, SHOWN).map((step) => ({
        ...step,
        touched: new Date(step.touched).toISOString(),
      })),
    };
  },
});
