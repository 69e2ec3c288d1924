import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { listTables as list, type TableSummary } from "../../structure/tables.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { PLACE_ALIASES, place } from "../queries/parts.ts";
import { untrustedText } from "../untrusted.ts";
import { READS } from "./reads.ts";
import { said, toName, toRemark } from "./words.ts";

const LIMIT = 200;

const input = z.object({
  schema: z.string().min(1).optional().describe("One schema; all but Postgres' own where left out"),
  detail: z
    .enum(["names", "summary", "columns"])
    .optional()
    .describe("summary (default): with kind, rows and comment; columns: their columns too"),
  limit: z.int().min(1).max(1_000).optional().describe(`Tables on this page; ${LIMIT} by default`),
  offset: z.int().min(0).optional().describe("Tables to skip: nextOffset of the page before"),
  ...place,
});

const output = z.object({
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      kind: z
        .enum(["table", "view", "materialized view", "foreign table", "partitioned table"])
        .optional(),
      estimatedRows: z.number().optional().describe("Left out: never counted; use count(*)"),
      comment: z.string().optional(),
      columns: z.array(z.string()).optional().describe("name type"),
    }),
  ),
  total: z.int(),
  truncated: z.boolean(),
  nextOffset: z.int().optional(),
  hint: z.string().optional().describe("What to do where there is nothing"),
});

export const listTables = defineTool<typeof input, typeof output, State>({
  name: "list_tables",
  title: "List tables",
  description:
    "Lists tables and views with kind, estimated rows and comment; with their columns on demand.",
  aliases: ["listTables", "get_database_tables"],
  argumentAliases: { ...PLACE_ALIASES, schemaName: "schema", schema_name: "schema" },
  input,
  output,
  hints: READS,
  content: (result) => untrustedText(result.hint ?? toLines(result.tables), remarkOf(result)),
  async run({ schema, detail = "summary", limit = LIMIT, offset = 0, ...target }, context) {
    const { state, signal } = context;
    const database = await state.databaseFor(target, signal);
    const { tables, total, truncated } = await list(database, {
      visible: visibilityOf(state.guard),
      columns: detail === "columns",
      limit,
      offset,
      signal,
      ...(schema ? { schema } : {}),
    });
    return {
      tables: tables.map((table) => toEntry(table, detail)),
      total,
      truncated,
      ...(truncated ? { nextOffset: offset + tables.length } : {}),
      ...(total === 0 ? { hint: hintOf(state) } : {}),
    };
  },
});

type Output = z.output<typeof output>;

function toEntry(table: TableSummary, detail: "names" | "summary" | "columns") {
  const { schema, name, columns, ...facts } = table;
  if (detail === "names") return { schema, name };
  return {
    schema,
    name,
    ...said(facts),
    ...(columns
      ? { columns: columns.map((column) => `${toName(column.name)} ${column.type}`) }
      : {}),
  };
}

/** A line for each table: the shortest that says it all. */
function toLines(tables: Output["tables"]): string {
  return tables
    .map(({ schema, name, kind, estimatedRows, comment, columns }) => {
      const special = kind === undefined || kind === "table" ? "" : ` [${kind}]`;
      const rows = estimatedRows === undefined ? "" : ` ~${estimatedRows} rows`;
      const list = columns ? ` (${columns.join(", ")})` : "";
      return `${toName(schema, name)}${special}${rows}${list}${toRemark(comment)}`;
    })
    .join("\n");
}

function remarkOf({ tables, total, nextOffset }: Output): string | undefined {
  if (nextOffset === undefined) return undefined;
  return `${tables.length} of ${total} tables. More follow: call again with offset ${nextOffset}, or name a schema.`;
}

function hintOf({ database }: State): string {
  if (database.mode === "read-only" && database.kind === "embedded")
    return "There are no tables yet. In the mode read-only nothing can be made: set DATABASE_MODE=admin and use create_migration and run_migrations, or let a program fill the database through the package @trestle-mcp/database, openEmbedded({ dataDir }).script(script).";
  if (database.mode === "admin")
    return "There are no tables yet. create_migration and run_migrations make them, or CREATE TABLE through run_sql.";
  return "There are no tables that may be seen here.";
}
