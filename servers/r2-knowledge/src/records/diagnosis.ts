import * as z from "zod";
import { LIMITS } from "./limits.ts";

const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;

/** An error as it was met. */
const errorShape = z.looseObject({
  name: z.string().optional(),
  message: z.string().optional(),
  stack: z.string().nullish(),
});

/**
 * A diagnosis as it is stored. Other tools write such records too, and older ones leave fields out: all but
 * the id may be missing, and what is not named here is kept as it is.
 */
export const diagnosisRecord = z.looseObject({
  id: z.string().min(1),
  /** ISO 8601, or milliseconds since 1970. */
  timestamp: z.union([z.string(), z.number()]).optional(),
  error: errorShape.optional(),
  fix: z.string().nullish(),
  /** The author's own, 0 to 1. */
  confidence: z.number().nullish(),
  context: z.unknown().optional(),
  severity: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  fingerprint: z.string().nullish(),
  /** Outcomes as the last compaction counted them. */
  outcomes: z
    .looseObject({ worked: z.number(), failed: z.number(), lastAt: z.string().optional() })
    .nullish(),
  links: z.array(z.unknown()).nullish(),
  /** Counts the edits, from 1 on. */
  version: z.int().min(1).optional(),
  updatedAt: z.string().optional(),
  /** Of each field that was edited since a version, the version that did it last, and who. */
  edits: z
    .looseObject({
      since: z.int(),
      fields: z.record(z.string(), z.looseObject({ version: z.int(), by: z.string().optional() })),
    })
    .optional(),
  /** How often the error was stored, where it was stored again. */
  occurrences: z.int().min(1).optional(),
  lastSeen: z.string().optional(),
  /** The record of the same error that was stored before, where two writers stored it at the same time. */
  duplicateOf: z.string().optional(),
  /** Stored whatever was known: never linked to another. */
  separate: z.boolean().optional(),
});

export type Diagnosis = z.output<typeof diagnosisRecord>;

export const severity = z.enum(SEVERITIES);

/** What a caller says of an error, bounded. */
export const errorInput = z.strictObject({
  name: z.string().max(LIMITS.name).optional().describe("Class or code: TypeError, ECONNREFUSED"),
  message: z.string().min(1).max(LIMITS.message).describe("The message as it was printed"),
  stack: z.string().max(LIMITS.stack).optional().describe("The stack trace, if there is one"),
});
export type ErrorInput = z.output<typeof errorInput>;

/** A diagnosis as a caller gives it. */
export const diagnosisInput = z.strictObject({
  error: errorInput.describe("The error as it was met"),
  fix: z
    .string()
    .min(1)
    .max(LIMITS.fix)
    .optional()
    .describe("What mended it; leave out while unknown"),
  confidence: z.number().min(0).max(1).optional().describe("How sure you are of the fix, 0 to 1"),
  context: z
    .string()
    .min(1)
    .max(LIMITS.context)
    .optional()
    .describe("Where it happened: service, project, environment"),
  severity: severity.optional().describe("How bad it is"),
  metadata: z
    .record(z.string().min(1).max(100), z.json())
    .optional()
    .describe("Further facts; `version` of the software counts in the ranking"),
  links: z
    .array(z.string().min(1).max(LIMITS.link))
    .max(LIMITS.links)
    .optional()
    .describe("Ids of related diagnoses, addresses of commits or documents"),
});
export type DiagnosisInput = z.output<typeof diagnosisInput>;
