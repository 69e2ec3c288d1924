import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { listTables as list } from "../../postgres/tables.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";

const input = z.object({
  schema: z.string().min(1).optional().describe("One schema; all but Postgres' own where left out"),
});

const output = z.object({
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      kind: z.enum(["table", "view", "materialized view", "foreign table", "partitioned table"]),
      estimatedRows: z.number().nullable().describe("null: never counted; use count(*)"),
      comment: z.string().nullable(),
    }),
  ),
  truncated: z.boolean().describe("There are more tables: name a schema"),
  hint: z.string().optional().describe("What to do where there is nothing"),
});

const EMPTY =
  "There are no tables yet. These tools only read: a program fills the database through the package @trestle-mcp/database, openEmbedded({ dataDir }).script(script).";

export const listTables = defineTool<typeof input, typeof output, State>({
  name: "list_tables",
  title: "List tables",
  description: "Lists tables and views with kind, estimated rows and comment.",
  aliases: ["get_database_tables"],
  input,
  output,
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  content: (result) => untrustedContent(result),
  async run({ schema }, { state, signal }) {
    const found = await list(state.database, { signal, ...(schema ? { schema } : {}) });
    return found.tables.length === 0 ? { ...found, hint: EMPTY } : found;
  },
});
