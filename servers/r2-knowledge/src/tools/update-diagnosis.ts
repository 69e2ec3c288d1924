import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { diagnosisInput, errorInput } from "../records/diagnosis.ts";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";
import { id, knownShape, toKnownOutput } from "./shapes.ts";
import { untrustedJson } from "./untrusted.ts";

const { fix, confidence, context, severity, metadata, links } = diagnosisInput.shape;

const input = z.object({
  id,
  version: z
    .int()
    .min(1)
    .describe("As get_diagnosis told it; 1 for what you have just stored yourself"),
  error: errorInput.partial().optional().describe("Parts of the error to replace"),
  fix: fix.nullable().describe("What mended it"),
  confidence: confidence.nullable().describe("How sure you are of the fix, 0 to 1"),
  context: context.nullable().describe("Where it happened"),
  severity: severity.nullable().describe("How bad it is"),
  metadata: metadata.nullable().describe("Replaces all of it"),
  links: links.nullable().describe("Replaces all of them"),
});

export const updateDiagnosis = defineTool<typeof input, typeof knownShape, State>({
  name: "update_diagnosis",
  title: "Update a diagnosis",
  description:
    "Changes a diagnosis: adds the fix, corrects a field; null takes a field away. Refused where somebody changed it since the version you read.",
  input,
  output: knownShape,
  hints: CHANGES,
  content: (found) => untrustedJson(found, "It is changed and durable."),
  async run({ id: wanted, version, ...patch }, { state, signal }) {
    return toKnownOutput(await state.knowledge.update(wanted, patch, { version, signal }));
  },
});
