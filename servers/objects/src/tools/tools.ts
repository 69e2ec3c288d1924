import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { objectBatchCall, objectCall, objectInitialize } from "./calling.ts";
import { objectDelete } from "./delete-object.ts";
import { objectDescribeClass, objectGet, objectHistory, objectList } from "./looking.ts";

export const tools: readonly ToolDefinition<State>[] = [
  objectInitialize,
  objectCall,
  objectBatchCall,
  objectGet,
  objectList,
  objectDescribeClass,
  objectHistory,
  objectDelete,
];
