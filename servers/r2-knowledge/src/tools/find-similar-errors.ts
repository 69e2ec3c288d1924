import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { errorInput } from "../records/diagnosis.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { foundLines, foundShape, softwareVersion, toFoundOutput } from "./shapes.ts";
import { untrustedText } from "./untrusted.ts";

const input = z.object({
  ...errorInput.shape,
  context: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe("Where it happened: counts in the ranking"),
  softwareVersion,
  limit: z.int().min(1).max(50).optional().describe("Results; 5 by default"),
});

const output = z.object({ results: z.array(foundShape), total: z.int() });

export const findSimilarErrors = defineTool<typeof input, typeof output, State>({
  name: "find_similar_errors",
  title: "Find similar errors",
  description:
    "Finds past errors like this one by name, message and stack, whatever the paths, ids and line numbers in them. Keeps nothing.",
  argumentAliases: { errorType: "name", errorMessage: "message", error_message: "message" },
  input,
  output,
  hints: READS,
  content: ({ results }) =>
    untrustedText(results.length === 0 ? ["Nothing like it is known."] : foundLines(results)),
  async run({ context, softwareVersion: version, limit = 5, ...error }, { state, signal }) {
    const { hits, total } = await state.knowledge.findSimilar(error, {
      ...{ near: context, softwareVersion: version, limit, signal },
    });
    return { results: hits.map(toFoundOutput), total };
  },
});
