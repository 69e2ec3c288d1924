import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { describeTable } from "./structure/describe-table.ts";
import { listTables } from "./structure/list-tables.ts";

/** What there is. */
export const structureTools: readonly ToolDefinition<State>[] = [listTables, describeTable];
