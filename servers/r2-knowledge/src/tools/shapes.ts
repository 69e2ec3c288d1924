import * as z from "zod";
import type {
  AuditHit,
  Facets,
  Filters,
  Found,
  Known,
  Summary,
} from "../knowledge/knowledge-store.ts";
import { parseSince } from "../knowledge/since.ts";
import type { FixConfidence } from "../learning/confidence.ts";
import { severity } from "../records/diagnosis.ts";
import { versionOf } from "../records/facts.ts";

/** Arguments and answers that several tools share. */

export const id = z.string().min(1).max(128).describe("Of the diagnosis");

const since = z.string().max(40).describe("From when: 24h, 7d, 2w, or a date");

export const filters = {
  context: z.string().min(1).max(500).optional().describe("Words of the context: checkout api"),
  severity: severity.optional().describe("Only of this severity"),
  since: since.optional(),
  until: z.string().max(40).optional().describe("Up to when: 24h (ago), or a date"),
  minConfidence: z.number().min(0).max(1).optional().describe("Least odds of the fix, 0 to 1"),
  hasFix: z.boolean().optional().describe("true: only what has a fix; false: only what has none"),
  metadata: z
    .record(z.string(), z.string())
    .optional()
    .describe('Exact values: { "team": "payments" }'),
} as const;

export const timeframe = since.optional().describe("Period: 24h, 7d, 30d (default), or a date");

export const softwareVersion = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe("Version you need the fix for: 2.4.1");

interface GivenFilters {
  readonly context?: string | undefined;
  readonly severity?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly minConfidence?: number | undefined;
  readonly hasFix?: boolean | undefined;
  readonly metadata?: Record<string, string> | undefined;
}

/** Filters as the store takes them. Throws `invalid_input` naming the time that is none. */
export function toFilters(given: GivenFilters, now: number): Filters {
  const { context, severity: wanted, minConfidence, hasFix, metadata } = given;
  return {
    ...{ context, severity: wanted, minConfidence, hasFix, metadata },
    ...(given.since === undefined ? {} : { since: parseSince(given.since, now, "since") }),
    ...(given.until === undefined ? {} : { until: parseSince(given.until, now, "until") }),
  };
}

export const confidenceShape = z
  .object({
    value: z.number().describe("Odds that the fix works here and now, 0 to 1"),
    lowerBound: z.number().describe("Share that worked at least, at 95 %"),
    worked: z.int(),
    failed: z.int(),
    evidence: z.string(),
  })
  .describe("How sure the fix is");

export function toConfidence({ value, lowerBound, worked, failed, evidence }: FixConfidence) {
  return { value: rounded(value), lowerBound: rounded(lowerBound), worked, failed, evidence };
}

export const foundShape = z.object({
  id: z.string(),
  error: z.string(),
  fix: z.string().optional().describe("Its beginning; get_diagnosis has all"),
  context: z.string().optional(),
  severity: z.string().optional(),
  timestamp: z.string(),
  confidence: confidenceShape.optional().describe("Left out where there is no fix"),
  score: z.number().optional().describe("0 to 1"),
  why: z.array(z.string()).optional().describe("What the score is made of"),
  highlights: z.array(z.string()).optional(),
});
export type FoundOutput = z.output<typeof foundShape>;

export function toSummaryOutput(summary: Summary): FoundOutput {
  const { id: own, name, message, fix, context, severity: how, at, confidence } = summary;
  return {
    id: own,
    error: [name, message].filter((text) => text !== "").join(": "),
    ...(fix === undefined ? {} : { fix, confidence: toConfidence(confidence) }),
    ...(context === undefined ? {} : { context }),
    ...(how === undefined ? {} : { severity: how }),
    timestamp: new Date(at).toISOString(),
  };
}

export function toFoundOutput(found: Found): FoundOutput {
  const { score, explanation, highlights } = found;
  return {
    ...toSummaryOutput(found),
    score: rounded(score),
    why: explanation.parts.map(
      ({ name, value, weight, reason }) =>
        `${name} ${percent(value)} × ${percent(weight)}: ${reason}`,
    ),
    ...(highlights.length === 0 ? {} : { highlights: [...highlights] }),
  };
}

export const facetsShape = z
  .record(z.string(), z.record(z.string(), z.int()))
  .describe("How many of all found have which value");

export const toFacets = (facets: Facets) =>
  Object.fromEntries(Object.entries(facets).map(([name, counts]) => [name, { ...counts }]));

export const knownShape = z.object({
  diagnosis: z.looseObject({ id: z.string() }),
  version: z.int().describe("Give it to update_diagnosis"),
  confidence: confidenceShape,
  occurrences: z.int().describe("How often the error was met"),
});

export function toKnownOutput({ record, confidence, occurrences }: Known) {
  return {
    diagnosis: record,
    version: versionOf(record),
    confidence: toConfidence(confidence),
    occurrences,
  };
}

export const auditShape = z.object({
  audit: z.looseObject({ id: z.string() }),
  score: z.number(),
});

export const toAuditOutput = ({ audit, score }: AuditHit) => ({ audit, score: rounded(score) });

/** A few lines for each that was found: what it was, what helped, and how sure that is. */
export function foundLines(hits: readonly FoundOutput[]): string[] {
  return hits.flatMap(
    ({ id: own, error, fix, confidence, context, timestamp, severity: how, why }, at) => {
      const facts = [how, context, timestamp.slice(0, 10)].filter((fact) => fact !== undefined);
      return [
        `${at + 1}. ${own} (${facts.join(", ")})`,
        `   error: ${flat(error)}`,
        `   fix: ${fix === undefined ? "none known" : flat(fix)}`,
        ...(confidence ? [`   odds: ${percent(confidence.value)}; ${confidence.evidence}`] : []),
        ...(why === undefined ? [] : [`   why: ${why.join("; ")}`]),
      ];
    },
  );
}

export const flat = (text: string) => text.replace(/\s+/g, " ").trim();

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
