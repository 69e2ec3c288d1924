import { type DefinedServer, defineServer } from "@trestle-mcp/server-kit";
import type * as z from "zod";
import type { Core } from "../core.ts";
import { callToolTool } from "./call-tool.ts";
import { batchTool, runChainTool } from "./carriers.ts";
import { OWN_SERVER } from "./names.ts";
import type { OwnState } from "./own-tool.ts";
import {
  cacheClearTool,
  cacheToggleTool,
  describeToolTool,
  findToolsTool,
  healthTool,
  historyTool,
  metricsTool,
  readResultTool,
  reviewListTool,
  reviewResolveTool,
} from "./tables.ts";

/** The bridge's own tools. Imported with the first call of one: what is listed stands in `own-tools.json`. */
export function defineOwnServer(version: string, core: () => Core): DefinedServer {
  return defineServer<z.ZodObject, OwnState>({
    name: OWN_SERVER,
    title: "Trestle",
    version,
    description: "Tools of the bridge itself.",
    open: () => ({ core: core() }),
    tools: [
      ...[findToolsTool, describeToolTool, callToolTool, batchTool, runChainTool],
      readResultTool,
      ...[historyTool, metricsTool, healthTool],
      ...[cacheClearTool, cacheToggleTool, reviewListTool, reviewResolveTool],
    ],
  });
}
