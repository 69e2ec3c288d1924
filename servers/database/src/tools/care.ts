import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";

/** How the database is, and what would make it quicker. */
export const careTools: readonly ToolDefinition<State>[] = [];
