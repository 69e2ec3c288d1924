import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import {
  facetsShape,
  filters,
  foundLines,
  foundShape,
  softwareVersion,
  toFacets,
  toFilters,
  toFoundOutput,
} from "./shapes.ts";
import { untrustedText } from "./untrusted.ts";

const remark = z.object({ kind: z.string(), ids: z.array(z.string()), what: z.string() });

const input = z.object({
  topic: z.string().min(1).max(1_000).describe("A subject: connection pools in the checkout"),
  context: filters.context,
  since: filters.since,
  softwareVersion,
  limit: z.int().min(1).max(50).optional().describe("Diagnoses to show; 10 by default"),
});

const output = z.object({
  topic: z.string(),
  total: z.int(),
  best: z.array(foundShape),
  conflicts: z.array(remark).describe("Where what is known contradicts itself"),
  gaps: z.array(remark).describe("What nobody knows yet"),
  facets: facetsShape,
});

/** Ids named in one line of text; all are in the structured answer. */
const MOST_NAMED = 5;

export const learnTopic = defineTool<typeof input, typeof output, State>({
  name: "learn_topic",
  title: "Learn about a topic",
  description:
    "Tells what is known about a subject: the best diagnoses, where they contradict each other, and what nobody knows yet.",
  input,
  output,
  hints: READS,
  content: ({ topic, total, best, conflicts, gaps }) =>
    untrustedText([
      total === 0
        ? `Nothing is known about "${topic}".`
        : `${total} diagnoses are about "${topic}".`,
      ...foundLines(best),
      ...(conflicts.length === 0 ? [] : ["Conflicts:", ...conflicts.map(toLine)]),
      ...(gaps.length === 0 ? [] : ["Gaps:", ...gaps.map(toLine)]),
    ]),
  async run({ topic, softwareVersion: version, limit, ...given }, { state, signal, clock }) {
    const learned = await state.knowledge.learnTopic(topic, {
      ...toFilters(given, clock.now()),
      ...{ softwareVersion: version, limit, signal },
    });
    const { total, best, conflicts, gaps, facets } = learned;
    return {
      ...{ topic, total, best: best.map(toFoundOutput) },
      conflicts: conflicts.map((each) => ({ ...each, ids: [...each.ids] })),
      gaps: gaps.map((each) => ({ ...each, ids: [...each.ids] })),
      facets: toFacets(facets),
    };
  },
});

function toLine({ what, ids }: z.output<typeof remark>): string {
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : "";
  return `- ${what}: ${ids.slice(0, MOST_NAMED).join(", ")}${more}`;
}
