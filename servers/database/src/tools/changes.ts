import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";

/** Migrations, and how two schemas differ. */
export const changeTools: readonly ToolDefinition<State>[] = [];
