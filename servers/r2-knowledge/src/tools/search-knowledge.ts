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

const input = z.object({
  query: z
    .string()
    .min(1)
    .max(2_000)
    .describe("Words of the error or of the fix; misspelt ones count"),
  ...filters,
  softwareVersion,
  limit: z.int().min(1).max(50).optional().describe("Results on this page; 10 by default"),
  offset: z.int().min(0).max(1_000).optional().describe("Results to skip"),
});

const output = z.object({
  results: z.array(foundShape),
  total: z.int(),
  facets: facetsShape,
  nextOffset: z.int().optional(),
});

export const searchKnowledge = defineTool<typeof input, typeof output, State>({
  name: "search_knowledge",
  title: "Search knowledge",
  description:
    "Searches what is known of errors and fixes by words, the best first, with filters. For one error at hand use diagnose_error.",
  argumentAliases: { text: "query", q: "query", timeframe: "since" },
  input,
  output,
  hints: READS,
  content: ({ results, total, nextOffset }) =>
    untrustedText([
      total === 0
        ? "Nothing was found. Try fewer or other words, or fewer filters; list_diagnoses shows what there is."
        : `${results.length} of ${total}.${nextOffset === undefined ? "" : ` More: call again with offset ${nextOffset}.`}`,
      ...foundLines(results),
    ]),
  async run({ query, softwareVersion: version, limit = 10, offset = 0, ...given }, context) {
    const { state, signal, clock } = context;
    const { hits, total, facets } = await state.knowledge.search({
      ...toFilters(given, clock.now()),
      ...{ text: query, softwareVersion: version, limit, offset, signal },
    });
    const end = offset + hits.length;
    return {
      results: hits.map(toFoundOutput),
      total,
      facets: toFacets(facets),
      ...(end < total && hits.length > 0 ? { nextOffset: end } : {}),
    };
  },
});
