import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { id, knownShape, toKnownOutput } from "./shapes.ts";
import { untrustedJson } from "./untrusted.ts";

const input = z.object({ id });

export const getDiagnosis = defineTool<typeof input, typeof knownShape, State>({
  name: "get_diagnosis",
  title: "Get a diagnosis",
  description: "Gives all of one diagnosis, the odds of its fix and its version.",
  input,
  output: knownShape,
  hints: READS,
  content: (found) => untrustedJson(found),
  async run({ id: wanted }, { state, signal }) {
    return toKnownOutput(await state.knowledge.get(wanted, { signal }));
  },
});
