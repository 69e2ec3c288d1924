import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { ADDS } from "./hints.ts";
import { confidenceShape, id, toConfidence } from "./shapes.ts";
import { untrustedText } from "./untrusted.ts";

const input = z.object({
  id,
  softwareVersion: z.string().min(1).max(100).optional().describe("Version the fix was tried on"),
});

const output = z.object({
  id: z.string(),
  passed: z.boolean(),
  recorded: z.boolean().describe("false: it was ended from outside, and tells nothing of the fix"),
  exitCode: z.int().optional(),
  stopped: z.enum(["timeout", "output", "memory", "cancelled"]).optional(),
  durationMs: z.number(),
  output: z.string().describe("The end of what the check said"),
  confidence: confidenceShape,
});

export const validateFix = defineTool<typeof input, typeof output, State>({
  name: "validate_fix",
  title: "Validate a fix",
  description:
    "Runs the check that the operator configured, in a copy of the folder as it is now with the fix in it, and records whether it passed as the outcome of that diagnosis.",
  profile: "all",
  input,
  output,
  hints: { ...ADDS, openWorld: true },
  content: ({ id: of, passed, stopped, exitCode, output: said, confidence }) =>
    untrustedText([
      passed
        ? `The check passed. The outcome of ${of} is recorded: ${confidence.evidence}`
        : `The check did not pass (${stopped ?? `exit code ${exitCode ?? "none"}`}).`,
      said,
    ]),
  async run({ id: of, softwareVersion }, { state, signal }) {
    const checked = await state.operations.validate(of, { softwareVersion, signal });
    const { passed, recorded, exitCode, stopped, durationMs, output: said, confidence } = checked;
    return {
      ...{ id: of, passed, recorded, durationMs, output: said },
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(stopped === undefined ? {} : { stopped }),
      confidence: toConfidence(confidence),
    };
  },
});
