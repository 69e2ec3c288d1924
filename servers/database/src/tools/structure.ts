import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { describeTable } from "./structure/describe-table.ts";
import { getRelationships } from "./structure/get-relationships.ts";
import { listExtensions } from "./structure/list-extensions.ts";
import { listSchemas } from "./structure/list-schemas.ts";
import { listTables } from "./structure/list-tables.ts";
import { searchObjects } from "./structure/search-objects.ts";

/** What there is. */
export const structureTools: readonly ToolDefinition<State>[] = [
  listTables,
  describeTable,
  searchObjects,
  listSchemas,
  listExtensions,
  getRelationships,
];
