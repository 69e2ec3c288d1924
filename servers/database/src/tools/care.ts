import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { connectionInfo } from "./care/connection-info.ts";
import { findBloat } from "./care/find-bloat.ts";
import { findSlowQueries } from "./care/find-slow-queries.ts";
import { healthCheck } from "./care/health-check.ts";
import { suggestIndexes } from "./care/suggest-indexes.ts";
import { tableStats } from "./care/table-stats.ts";

/** How the database is, and what would make it quicker. */
export const careTools: readonly ToolDefinition<State>[] = [
  healthCheck,
  findSlowQueries,
  suggestIndexes,
  tableStats,
  findBloat,
  connectionInfo,
];
