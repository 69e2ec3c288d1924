import type { JsonValue } from "@trestle/protocol";
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { MAX_PAGE_ROWS } from "../../config.ts";
import { MAX_VALUE_LENGTH } from "../../postgres/page.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";

const input = z.object({
  sql: z
    .string()
    .min(1)
    .describe("One statement in Postgres' SQL: SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW"),
  params: z
    .array(z.unknown())
    .max(1_000)
    .optional()
    .describe(
      "Values for $1, $2 …; a list is an array, an object is JSON; whole numbers beyond 2^53 as text",
    ),
  maxRows: z
    .int()
    .min(1)
    .max(MAX_PAGE_ROWS)
    .optional()
    .describe("Rows on this page; a configured number (100) where left out"),
  offset: z.int().min(0).optional().describe("Rows to skip: nextOffset of the page before"),
});

const output = z.object({
  columns: z.array(
    z.object({
      name: z.string().describe("The key in each row; a repeated name gets a number: id, id_2"),
      type: z.string(),
    }),
  ),
  rows: z
    .array(z.record(z.string(), z.unknown()))
    .describe(
      "bigint: a number, beyond 2^53 a string; numeric, NaN and infinities: strings; dates and times: ISO 8601, with time zone in UTC; bytea: base64; json as it is",
    ),
  rowCount: z.int().describe("Rows on this page"),
  truncated: z.boolean().describe("There are more rows: call again with offset = nextOffset"),
  nextOffset: z.int().optional(),
  cutValues: z
    .int()
    .describe(
      `Values over ${MAX_VALUE_LENGTH} characters, cut and marked at their end; read on with substr()`,
    ),
});

export const runSql = defineTool<typeof input, typeof output, State>({
  name: "run_sql",
  title: "Run SQL",
  description:
    "Runs one read-only Postgres statement and returns a page of rows. Give values as params ($1), and ORDER BY where you page. list_tables and describe_table tell what there is.",
  aliases: ["query", "execute_sql"],
  input,
  output,
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  content: (result) =>
    untrustedContent(
      result,
      result.truncated
        ? `More rows follow: call again with offset ${result.nextOffset}.`
        : undefined,
    ),
  run({ sql, params, maxRows, offset }, context) {
    const { database, limits } = context.state;
    return whileRunning(context, () =>
      database.query(sql, (params ?? []) as JsonValue[], {
        ...limits,
        ...(maxRows === undefined ? {} : { maxRows }),
        offset: offset ?? 0,
        signal: context.signal,
      }),
    );
  },
});
