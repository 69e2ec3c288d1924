import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { exportRows } from "./data/export-rows.ts";
import { importRows } from "./data/import-rows.ts";
import { transformRows } from "./data/transform-rows.ts";

/** Rows in and out, and into other shapes. */
export const dataTools: readonly ToolDefinition<State>[] = [exportRows, importRows, transformRows];
