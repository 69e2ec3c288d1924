import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { runSql } from "./queries/run-sql.ts";

/** SQL that the caller wrote. */
export const queryTools: readonly ToolDefinition<State>[] = [runSql];
