import type { JsonValue } from "@trestle/protocol";
import { confirmDeed, type ToolContext } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { MAX_PAGE_ROWS } from "../../config.ts";
import type { Accepted } from "../../guard/guard.ts";
import { MAX_VALUE_LENGTH } from "../../postgres/page.ts";
import type { State } from "../../state.ts";

/** What the tools that take SQL have in common. */

export const params = z
  .array(z.unknown())
  .max(1_000)
  .optional()
  .describe(
    "Values for $1, $2 …; a list is an array, an object is JSON; whole numbers beyond 2^53 as text",
  );

export const maxRows = z
  .int()
  .min(1)
  .max(MAX_PAGE_ROWS)
  .optional()
  .describe("Rows on this page; a configured number (100) where left out");

/** Which database of Neon is meant. */
export const place = {
  projectId: z.string().min(1).optional().describe("A Neon project; else the configured database"),
  branchId: z.string().min(1).optional().describe("A branch of that project, by id or name"),
};

/** As other servers name these arguments. */
export const SQL_ALIASES = {
  query: "sql",
  statement: "sql",
  parameters: "params",
  values: "params",
  limit: "maxRows",
} as const;
export const PLACE_ALIASES = { project_id: "projectId", branch_id: "branchId" } as const;

export const pageOutput = {
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
};

export const writtenOutput = {
  command: z.string().describe("As Postgres names it: SELECT, UPDATE, CREATE TABLE"),
  affectedRows: z.int().nullable().describe("Rows written; null for what writes no rows"),
};

export interface AskedStatement {
  readonly sql: string;
  readonly params?: unknown[] | undefined;
}

export function toStatement({ sql, params: values }: AskedStatement) {
  return { sql, params: (values ?? []) as JsonValue[] };
}

const SHOWN = 120;

/** Asks the user about statements that drop, empty, or write without a condition. */
export function confirmStatements(
  context: ToolContext<State>,
  statements: readonly AskedStatement[],
  accepted: readonly Accepted[],
  confirm: string | undefined,
) {
  const destructive = statements.filter((_, at) => accepted[at]?.destructive);
  if (destructive.length === 0) return undefined;
  const object = destructive.map(({ sql }) => shorten(sql)).join("; ");
  return confirmDeed(context, { object, action: `Run ${object}.` }, confirm);
}

function shorten(sql: string): string {
  const line = sql.trim().replaceAll(/\s+/g, " ");
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN)}…`;
}
