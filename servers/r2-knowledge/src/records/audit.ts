import * as z from "zod";
import { severity } from "./diagnosis.ts";
import { LIMITS } from "./limits.ts";

/** An audit entry as it is stored: what somebody did about an error, whatever came of it. */
export const auditRecord = z.looseObject({
  id: z.string().min(1),
  /** ISO 8601, or milliseconds since 1970. */
  timestamp: z.union([z.string(), z.number()]).optional(),
  errorType: z.string().nullish(),
  errorMessage: z.string().nullish(),
  resolution: z.string().nullish(),
  /** Older tools say whether it worked, others which fix it was. */
  successfulFix: z.union([z.boolean(), z.string()]).nullish(),
  context: z.unknown().optional(),
  severity: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  version: z.int().min(1).optional(),
});

export type Audit = z.output<typeof auditRecord>;

export const auditInput = z.object({
  errorType: z.string().min(1).max(LIMITS.name).describe("Class or code: TypeError, ECONNREFUSED"),
  errorMessage: z.string().min(1).max(LIMITS.message).describe("The message as it was printed"),
  resolution: z.string().min(1).max(LIMITS.fix).optional().describe("What was done"),
  successfulFix: z
    .union([z.boolean(), z.string().min(1).max(LIMITS.fix)])
    .optional()
    .describe("Whether it worked, or the fix that did"),
  context: z.string().min(1).max(LIMITS.context).optional().describe("Where it happened"),
  severity: severity.optional().describe("How bad it was"),
  metadata: z.record(z.string().min(1).max(100), z.json()).optional().describe("Further facts"),
});
export type AuditInput = z.output<typeof auditInput>;
