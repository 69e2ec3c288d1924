import * as z from "zod";
import { evidenceShape } from "../reports/evidence.ts";
import type { Prices } from "../reports/prices.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

export const INSIGHT_KINDS = [
  "recurring_failure",
  "stuck_work",
  "flaky_command",
  "hot_file",
  "cost_outlier",
] as const;

export const insightShape = z.object({
  kind: z.enum(INSIGHT_KINDS),
  /** What it is about, so that it is the same one tomorrow: a group, a task, a command, a file, a session. */
  about: z.string(),
  title: z.string(),
  detail: z.string(),
  action: z.string().describe("What to do about it"),
  confidence: z.number().describe("0 to 1; how, says basis"),
  basis: z.string().describe("What the confidence rests on"),
  project: z.string(),
  evidence: z.array(evidenceShape),
});

export type Insight = z.output<typeof insightShape>;

/** An insight before it is known where its records stand. */
export interface Hint extends Omit<Insight, "evidence"> {
  readonly records: readonly string[];
}

export interface InsightQuery {
  readonly from: number;
  readonly now: number;
  readonly project?: string;
}

export interface InsightSources {
  readonly store: TrackerStore;
  readonly prices: Prices;
}

export function confidenceOf(value: number): number {
  return Math.round(Math.min(0.99, Math.max(0, value)) * 100) / 100;
}
