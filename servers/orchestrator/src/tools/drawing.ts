import { defineTool, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { DRAWING_FORMATS } from "../render/draw.ts";
import type { State } from "../state.ts";
import { callerOf } from "./caller.ts";
import { READS } from "./hints.ts";
import { executionId, workflowId } from "./shapes.ts";

const input = z.object({
  executionId: executionId.optional().describe("An execution, with how its steps stand"),
  workflow: workflowId.optional(),
  version: z.string().max(64).optional().describe("The newest where left out"),
  definition: z
    .union([z.record(z.string(), z.json()), z.string()])
    .optional()
    .describe("A workflow that need not be registered"),
  format: z.enum(DRAWING_FORMATS).default("mermaid").describe("mermaid is text, svg a picture"),
});

const output = z.object({
  format: z.enum(DRAWING_FORMATS),
  drawing: z.string(),
  steps: z.int().describe("Of the workflow"),
  drawn: z.int().describe("Steps in the drawing"),
  notice: z.string().optional().describe("What is not in it"),
});

export const renderWorkflow = defineTool<typeof input, typeof output, State>({
  name: "render_workflow",
  title: "Draw a workflow",
  description:
    "Draws a workflow, or an execution with how each step stands, as a Mermaid flowchart or as SVG. Of very large ones a part, and a notice.",
  profile: "all",
  input,
  output,
  hints: READS,
  async run({ executionId: execution, workflow, version, definition, format }, context) {
    const named = [execution, workflow, definition].filter((each) => each !== undefined);
    if (named.length !== 1) {
      throw new TrestleError(
        "invalid_input",
        "Say what to draw by one of executionId, workflow and definition",
      );
    }
    return context.state.workflows.render(
      {
        format,
        ...(execution === undefined ? {} : { executionId: execution }),
        ...(workflow === undefined ? {} : { id: workflow }),
        ...(version === undefined ? {} : { version }),
        ...(definition === undefined ? {} : { definition }),
      },
      await callerOf(context),
    );
  },
});
