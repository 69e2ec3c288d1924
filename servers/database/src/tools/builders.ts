import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";

/** Rows by table and condition, with no SQL to write. */
export const builderTools: readonly ToolDefinition<State>[] = [];
