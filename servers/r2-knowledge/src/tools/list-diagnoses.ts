import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { filters, foundLines, foundShape, toFilters, toSummaryOutput } from "./shapes.ts";
import { untrustedText } from "./untrusted.ts";

const input = z.object({
  ...filters,
  limit: z.int().min(1).max(100).optional().describe("Diagnoses on this page; 20 by default"),
  after: z.string().max(300).optional().describe("`next` of the page before"),
});

const output = z.object({
  diagnoses: z.array(foundShape),
  total: z.int(),
  next: z.string().optional().describe("Give it as `after` for the next page"),
});

export const listDiagnoses = defineTool<typeof input, typeof output, State>({
  name: "list_diagnoses",
  title: "List diagnoses",
  description:
    "Lists diagnoses, the newest first, by filters. To find by words use search_knowledge.",
  input,
  output,
  hints: READS,
  content: ({ diagnoses, total, next }) =>
    untrustedText([
      total === 0
        ? "Nothing fits. Without filters, everything is listed; store_diagnosis adds to it."
        : `${diagnoses.length} of ${total}.${next === undefined ? "" : ` More: call again with after: ${JSON.stringify(next)}.`}`,
      ...foundLines(diagnoses),
    ]),
  async run({ limit, after, ...given }, { state, signal, clock }) {
    const page = await state.knowledge.list({
      ...toFilters(given, clock.now()),
      ...{ limit, after, signal },
    });
    return {
      diagnoses: page.items.map(toSummaryOutput),
      total: page.total,
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  },
});
