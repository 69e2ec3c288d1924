import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { parseSince } from "../knowledge/since.ts";
import { patternRecord } from "../records/pattern.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { flat, percent, rounded, timeframe } from "./shapes.ts";
import { untrustedText } from "./untrusted.ts";

const input = z.object({
  since: timeframe.describe(
    "Learned from what was stored since: 24h, 7d, or a date; all by default",
  ),
  limit: z.int().min(1).max(100).optional().describe("Learned patterns to show; 20 by default"),
});

const learned = z.object({
  fingerprint: z.string(),
  name: z.string(),
  message: z.string(),
  diagnoses: z.int(),
  occurrences: z.int().describe("How often it was met"),
  contexts: z.array(z.string()),
  lastSeen: z.string(),
  best: z.object({ id: z.string(), confidence: z.number() }).optional().describe("Its best fix"),
});

const output = z.object({
  defined: z.array(patternRecord.extend({ matching: z.int().describe("Diagnoses that fit") })),
  learned: z.array(learned).describe("Errors that came again and again, the most frequent first"),
});

export const listPatterns = defineTool<typeof input, typeof output, State>({
  name: "list_patterns",
  title: "List patterns",
  description:
    "Lists the kinds of errors that were named by define_pattern, and those that come again and again.",
  profile: "all",
  input,
  output,
  hints: READS,
  content: ({ defined, learned: own }) =>
    untrustedText([
      defined.length === 0 ? "No pattern is defined; define_pattern names one." : "Defined:",
      ...defined.map(
        ({ id, title, matching, advice }) =>
          `- ${id}${title === undefined ? "" : ` (${flat(title)})`}: ${matching} diagnoses fit${advice === undefined ? "" : `; ${flat(advice).slice(0, 300)}`}`,
      ),
      own.length === 0 ? "Nothing came more than once." : "Met again and again:",
      ...own.map(
        ({ name, message, occurrences, best }) =>
          `- ${occurrences} × ${flat([name, message].filter(Boolean).join(": "))}${best ? ` → ${best.id}, odds ${percent(best.confidence)}` : " → no fix known"}`,
      ),
    ]),
  async run({ since, limit }, { state, signal, clock }) {
    const from = since === undefined ? undefined : parseSince(since, clock.now(), "since");
    const found = await state.knowledge.listPatterns({ since: from, limit, signal });
    return {
      defined: [...found.defined],
      learned: found.learned.map(({ lastSeen, best, contexts, ...facts }) => ({
        ...facts,
        contexts: [...contexts],
        lastSeen: new Date(lastSeen).toISOString(),
        ...(best ? { best: { id: best.id, confidence: rounded(best.confidence) } } : {}),
      })),
    };
  },
});
