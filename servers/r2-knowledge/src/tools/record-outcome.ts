import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { outcomeInput } from "../records/outcome.ts";
import type { State } from "../state.ts";
import { ADDS } from "./hints.ts";
import { confidenceShape, id, percent, toConfidence } from "./shapes.ts";

const input = z.object({ id, ...outcomeInput.shape });

const output = z.object({
  id: z.string().describe("Of the outcome"),
  diagnosisId: z.string(),
  worked: z.boolean(),
  confidence: confidenceShape,
});

export const recordOutcome = defineTool<typeof input, typeof output, State>({
  name: "record_outcome",
  title: "Record an outcome",
  description:
    "Tells whether the fix of a diagnosis worked, with what shows it: from these the odds of fixes are learned.",
  argumentAliases: { diagnosisId: "id", diagnosis_id: "id", success: "worked" },
  input,
  output,
  hints: ADDS,
  content: ({ diagnosisId, confidence }) => [
    {
      type: "text",
      text: `Recorded. The fix of ${diagnosisId} has odds of ${percent(confidence.value)} now: ${confidence.evidence}`,
    },
  ],
  async run({ id: diagnosisId, ...given }, { state, signal }) {
    const recorded = await state.knowledge.recordOutcome(diagnosisId, given, { signal });
    return { ...recorded, confidence: toConfidence(recorded.confidence) };
  },
});
