import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { aggregateRows } from "./builders/aggregate-rows.ts";
import { deleteRows } from "./builders/delete-rows.ts";
import { insertRows } from "./builders/insert-rows.ts";
import { selectRows } from "./builders/select-rows.ts";
import { updateRows } from "./builders/update-rows.ts";
import { upsertRows } from "./builders/upsert-rows.ts";

/** Rows by table and condition, with no SQL to write. */
export const builderTools: readonly ToolDefinition<State>[] = [
  selectRows,
  aggregateRows,
  insertRows,
  updateRows,
  upsertRows,
  deleteRows,
];
