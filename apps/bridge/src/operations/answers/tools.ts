import * as z from "zod";
import { breakerState, count, serverKind, serverState, shape } from "./shape.ts";

const entry = {
  name: z.string().describe("As clients see it."),
  server: z.string(),
  tool: z.string().describe("As its server calls it."),
  title: z.string().optional(),
  description: z.string(),
  read_only: z.boolean(),
  destructive: z.boolean(),
  idempotent: z.boolean(),
  cacheable: z.boolean(),
  breaker: breakerState,
  listed: z.boolean(),
};

const detail = {
  open_world: z.boolean(),
  definition_hash: z.string(),
  input_schema: z.looseObject({}),
  output_schema: z.looseObject({}).optional(),
};

export const toolDetail = shape("ToolDetail", { ...entry, ...detail });

const toolEntry = shape("ToolEntry", {
  ...entry,
  // With `detail: full`.
  ...z.object(detail).partial().shape,
});

export const discovered = shape("Discovered", {
  servers: z.array(
    shape("DiscoveredServer", {
      id: z.string(),
      kind: serverKind,
      state: serverState,
      tools_count: count,
      aliases: z.array(z.string()).optional(),
    }),
  ),
  tools: z.array(toolEntry),
  total: count,
});

export const foundTools = shape("FoundTools", {
  total: count,
  tools: z.array(
    shape("FoundTool", {
      ...entry,
      arguments: z.array(z.string()).describe("Those that it needs end in `!`."),
      score: z.number(),
    }),
  ),
});
