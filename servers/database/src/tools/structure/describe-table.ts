import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { describeTable as describe } from "../../postgres/describe-table.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";

const input = z.object({
  table: z.string().min(1).describe("Name of a table or view, without quotes"),
  schema: z.string().min(1).optional().describe("Where left out, the search path decides"),
});

const names = z.array(z.string());

const output = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(["table", "view", "materialized view", "foreign table", "partitioned table"]),
  comment: z.string().nullable(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      nullable: z.boolean(),
      default: z.string().nullable(),
      comment: z.string().nullable(),
    }),
  ),
  primaryKey: names,
  foreignKeys: z.array(
    z.object({
      name: z.string(),
      columns: names,
      references: z.object({ schema: z.string(), table: z.string(), columns: names }),
    }),
  ),
  indexes: z.array(z.object({ name: z.string(), unique: z.boolean(), definition: z.string() })),
  constraints: names.describe("Check, unique and exclusion constraints as SQL"),
});

export const describeTable = defineTool<typeof input, typeof output, State>({
  name: "describe_table",
  title: "Describe a table",
  description:
    "Describes a table or view: columns with type, nullability and default, keys, indexes, constraints, comments.",
  aliases: ["describe_table_schema"],
  input,
  output,
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  content: (result) => untrustedContent(result),
  run({ table, schema }, { state, signal }) {
    return describe(state.database, table, { signal, ...(schema ? { schema } : {}) });
  },
});
