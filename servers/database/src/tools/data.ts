import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";

/** Rows in and out, and into other shapes. */
export const dataTools: readonly ToolDefinition<State>[] = [];
