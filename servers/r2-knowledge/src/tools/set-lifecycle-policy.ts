import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { lifecyclePolicy } from "../lifecycle/policy.ts";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";

const input = z.object({
  policy: lifecyclePolicy.describe("The whole policy: rules, holds and keepAtLeast"),
  confirm: confirmArgument,
});

const output = z.object({ rules: z.int(), holds: z.int() });

export const setLifecyclePolicy = defineTool<typeof input, typeof output, State>({
  name: "set_lifecycle_policy",
  title: "Set the lifecycle policy",
  description:
    "Replaces the policy that says what becomes of records with time, and what is on hold, for everybody. Deletes nothing by itself: plan_lifecycle and apply_lifecycle do. Taking a hold away asks the user.",
  profile: "all",
  input,
  output,
  hints: { ...CHANGES, idempotent: true },
  async run({ policy, confirm }, context) {
    const { state, signal } = context;
    const { lifecycle } = state.operations;
    const before = await lifecycle.policy({ signal });
    const kept = new Map(policy.holds.map((hold) => [hold.name, JSON.stringify(hold)]));
    const gone = before.holds.filter((hold) => kept.get(hold.name) !== JSON.stringify(hold));
    if (gone.length > 0) {
      const names = gone.map(({ name }) => name).join(", ");
      const action = `Take away or change the hold ${names}: what it keeps may be deleted then.`;
      const question = confirmDeed(context, { object: names, action }, confirm);
      if (question) return question;
    }
    await lifecycle.setPolicy(policy, { signal });
    return { rules: policy.rules.length, holds: policy.holds.length };
  },
});
