import * as z from "zod";
import { ALERT_KINDS, DEFAULT_SCOPE } from "./alert-rules.ts";

const id = z.string().regex(/^[a-z0-9_-]{1,32}$/, "must be [a-z0-9_-]{1,32}");
const seconds = z.int().min(0).max(86_400);

const rule = z.strictObject({
  when: z.enum(ALERT_KINDS).describe("What it looks at."),
  above: z.number().min(0).optional().describe("It is true above this."),
  over: z
    .int()
    .min(60)
    .max(86_400)
    .default(DEFAULT_SCOPE.over)
    .describe("Seconds that are looked back."),
  minimumCalls: z
    .int()
    .min(1)
    .default(DEFAULT_SCOPE.minimumCalls)
    .describe("Fewer calls say nothing of shares and means."),
  for: seconds
    .default(DEFAULT_SCOPE.for)
    .describe("Seconds for which it must be true before it is told."),
  resolve: seconds
    .default(DEFAULT_SCOPE.resolve)
    .describe("Seconds for which it must be false before it is over."),
  server: z.string().min(1).optional().describe("Only this server."),
});

/** A rule by its own name, or in the place of one of ours; `false` turns that off. */
export const alertsSchema = z
  .record(id, z.union([z.literal(false), rule]))
  .superRefine((rules, context) => {
    for (const [name, given] of Object.entries(rules)) {
      if (given === false || given.when !== "budget" || given.above !== undefined) continue;
      context.addIssue({ code: "custom", path: [name, "above"], message: "a budget needs it" });
    }
  })
  .default({})
  .describe("What people are told of while it lasts: see Alerts below.");
