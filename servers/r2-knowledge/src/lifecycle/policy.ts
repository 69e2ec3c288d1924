import * as z from "zod";
import { severity } from "../records/diagnosis.ts";

const span = z
  .string()
  .regex(/^\d{1,6} ?[smhdw]$/i, "must be a span such as 90d, 12h or 4w")
  .describe("A span: 12h, 90d, 4w");

const ruleName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be letters, digits, dots and hyphens");

const where = z.strictObject({
  context: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe("The context, whatever its case; * for any"),
  severity: z.array(severity).min(1).optional().describe("One of these"),
  maxConfidence: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("The fix works with these odds at most"),
  hasFix: z.boolean().optional().describe("Whether a fix is known"),
});

const rule = z.strictObject({
  name: ruleName,
  of: z.enum(["diagnoses", "audits"]),
  where: where.optional().describe("All where left out"),
  after: span.describe("How old a record must be: since it was stored, changed or met last"),
  action: z
    .enum(["delete", "archive"])
    .describe("archive takes it out of search and keeps it under mcp/archive/"),
});
export type LifecycleRule = z.output<typeof rule>;

const hold = z
  .strictObject({
    name: ruleName,
    reason: z.string().min(1).max(1_000).describe("Who asked for it, and why"),
    ids: z.array(z.string().min(1).max(128)).max(10_000).optional(),
    of: z.enum(["diagnoses", "audits"]).optional().describe("Both where left out"),
    where: where.optional(),
    until: z.iso.datetime().optional().describe("For ever where left out"),
  })
  .refine(({ ids, where: some }) => ids !== undefined || some !== undefined, {
    message: "names neither ids nor where: say {} as where to hold everything",
  });
export type LegalHold = z.output<typeof hold>;

/** What becomes of records with time. Kept in the bucket, so that it is the same for everybody. */
export const lifecyclePolicy = z
  .strictObject({
    rules: z.array(rule).max(200).default([]),
    /** What is on hold is neither deleted nor archived, by rules or by hand. */
    holds: z.array(hold).max(1_000).default([]),
    /** Whatever rules say, nothing younger goes. */
    keepAtLeast: span.optional(),
  })
  .refine(({ rules, holds }) => isDistinct(rules) && isDistinct(holds), {
    message: "two rules or two holds have the same name",
  });
export type LifecyclePolicy = z.output<typeof lifecyclePolicy>;

function isDistinct(named: readonly { readonly name: string }[]): boolean {
  return new Set(named.map(({ name }) => name)).size === named.length;
}
