import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { batchQuery } from "./queries/batch-query.ts";
import { explainQuery } from "./queries/explain-query.ts";
import { runSql } from "./queries/run-sql.ts";
import { runTransaction } from "./queries/run-transaction.ts";

/** SQL that the caller wrote. */
export const queryTools: readonly ToolDefinition<State>[] = [
  runSql,
  runTransaction,
  explainQuery,
  batchQuery,
];
