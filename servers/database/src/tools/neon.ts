import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";

/** Projects and branches of Neon. */
export const neonTools: readonly ToolDefinition<State>[] = [];
