import { confirmArgument, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { untrustedContent, untrustedText } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import { FORMATS, renderRows } from "./formats.ts";
import {
  confirmStatements,
  maxRows,
  PLACE_ALIASES,
  pageOutput,
  params,
  place,
  SQL_ALIASES,
  toStatement,
  writtenOutput,
} from "./parts.ts";

const input = z.object({
  sql: z.string().min(1).describe("One statement in Postgres' SQL"),
  params,
  maxRows,
  offset: z.int().min(0).optional().describe("Rows to skip: nextOffset of the page before"),
  format: z.enum(FORMATS).optional().describe("Form of the text; json where left out"),
  confirm: confirmArgument,
  ...place,
});

const output = z.object({
  ...pageOutput,
  ...writtenOutput,
  format: z.enum(FORMATS).optional(),
});

export const runSql = defineTool<typeof input, typeof output, State>({
  name: "run_sql",
  title: "Run SQL",
  description:
    "Runs one Postgres statement and returns a page of rows. What reads runs read-only; what writes needs the setting DATABASE_MODE. Give values as params ($1), and ORDER BY where you page. list_tables and describe_table tell what there is.",
  aliases: ["query", "execute_sql", "sql_query"],
  argumentAliases: { ...SQL_ALIASES, ...PLACE_ALIASES },
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  content({ format, ...result }) {
    const more = result.truncated
      ? `More rows follow: call again with offset ${result.nextOffset}.`
      : undefined;
    if (format === undefined || format === "json" || result.columns.length === 0)
      return untrustedContent(result, more);
    return untrustedText(renderRows(result, format), more);
  },
  async run({ confirm, format, projectId, branchId, offset = 0, ...asked }, context) {
    const { state, signal } = context;
    const database = await state.databaseFor({ projectId, branchId }, signal);
    const { sql, params: values } = toStatement(asked);
    const accepted = await database.check([{ sql }], { signal });
    const question = confirmStatements(context, [asked], accepted, confirm);
    if (question) return question;
    const page = asked.maxRows === undefined ? {} : { maxRows: asked.maxRows };
    const result = await whileRunning(context, () =>
      database.execute(sql, values, { ...state.limits, ...page, offset, signal }),
    );
    return { ...result, ...(format && { format }) };
  },
});
