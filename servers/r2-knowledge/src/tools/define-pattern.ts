import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { patternInput, patternRecord } from "../records/pattern.ts";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";

const output = z.object({ pattern: patternRecord, replaced: z.boolean() });

export const definePattern = defineTool<typeof patternInput, typeof output, State>({
  name: "define_pattern",
  title: "Define a pattern",
  description:
    "Names a kind of error by what its name, message or context look like, with advice; the same id again replaces it.",
  profile: "all",
  input: patternInput,
  output,
  hints: { ...CHANGES, idempotent: true },
  async run(given, { state, signal }) {
    const pattern = await state.knowledge.definePattern(given, { signal });
    return { pattern, replaced: (pattern.version ?? 1) > 1 };
  },
});
