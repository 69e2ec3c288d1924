import * as z from "zod";
import { defineServer } from "../define/server.ts";
import { defineTool } from "../define/tool.ts";

const reads = { readOnly: true, destructive: false, idempotent: true, openWorld: false };
const plainInput = z.object({ text: z.string().optional() });
const plainOutput = z.object({ text: z.string() });

/** A read-only tool that takes and gives a text. */
export function plainTool(
  name: string,
  run: Parameters<typeof defineTool<typeof plainInput, typeof plainOutput>>[0]["run"],
) {
  return defineTool({
    name,
    title: name,
    description: name,
    input: plainInput,
    output: plainOutput,
    hints: reads,
    run,
  });
}

/** A server with this one tool. */
export function serverWith(tool: ReturnType<typeof plainTool>) {
  return defineServer({ name: "s", title: "S", version: "1.0.0", description: "d", tools: [tool] });
}
