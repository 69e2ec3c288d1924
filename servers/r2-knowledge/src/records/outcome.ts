import * as z from "zod";
import { LIMITS } from "./limits.ts";

/**
 * Something that happened to a diagnosis after it was stored: its fix was tried (`worked` says what came of it),
 * or its error was met again (without `worked`). An object of its own, written once and never changed.
 */
export const outcomeRecord = z.looseObject({
  id: z.string().min(1),
  diagnosisId: z.string().min(1),
  timestamp: z.string(),
  worked: z.boolean().optional(),
  evidence: z.string().optional(),
  context: z.string().optional(),
  /** Of the software it was tried on. */
  softwareVersion: z.string().optional(),
});
export type Outcome = z.output<typeof outcomeRecord>;

export const outcomeInput = z.object({
  worked: z.boolean().describe("true: the fix mended it; false: it was tried and did not"),
  evidence: z
    .string()
    .min(1)
    .max(LIMITS.evidence)
    .optional()
    .describe("What shows it: a test that passes now, the error that came again"),
  context: z.string().min(1).max(LIMITS.context).optional().describe("Where it was tried"),
  softwareVersion: z.string().min(1).max(100).optional().describe("Version it was tried on: 2.4.1"),
});
export type OutcomeInput = z.output<typeof outcomeInput>;
