import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";
import { id } from "./shapes.ts";

const input = z.object({
  id,
  version: z.int().min(1).optional().describe("Refuse where it is another version by now"),
});

const output = z.object({ id: z.string(), deleted: z.literal(true) });

export const deleteDiagnosis = defineTool<typeof input, typeof output, State>({
  name: "delete_diagnosis",
  title: "Delete a diagnosis",
  description:
    "Takes a diagnosis and its outcomes away for everybody; it can not be brought back. A wrong fix is better corrected by update_diagnosis.",
  profile: "all",
  input,
  output,
  hints: CHANGES,
  async run({ id: wanted, version }, { state, signal }) {
    await state.knowledge.delete(wanted, { version, signal });
    return { id: wanted, deleted: true };
  },
});
