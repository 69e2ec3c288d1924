import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { ToolContext } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { MAX_PAGE_ROWS } from "../../config.ts";
import { MAX_VALUE_LENGTH } from "../../postgres/page.ts";
import type { State } from "../../state.ts";

/** What the tools about rows have in common. */
export const tableArguments = {
  table: z
    .string()
    .min(1)
    .describe("A table or view, without quotes; schema.table in one is understood"),
  schema: z.string().min(1).optional().describe("Where left out, the search path decides"),
};

/** Not `z.record`, which would drop a key `__proto__`, and with it a condition. */
const jsonObject = z
  .unknown()
  .refine((value): value is JsonObject => isJsonObject(value as JsonValue), "must be an object")
  .meta({ type: "object" });

export const where = jsonObject
  .optional()
  .describe(
    'Conditions by column, all must hold: {"status":"paid","nights":{"gte":2,"lt":7},"or":[{…},{…}],"not":{…}}. Operators: eq ne gt gte lt lte in nin between like notLike ilike startsWith endsWith contains (texts, arrays, jsonb) containedBy overlaps hasKey matches imatches isNull. As in SQL, only isNull and {"column":null} find null',
  );

export const row = jsonObject.describe(
  "Values by column: json columns take JSON as it is, lists are arrays, bytea is base64, whole numbers beyond 2^53 are texts",
);

export const limit = z
  .int()
  .min(1)
  .max(MAX_PAGE_ROWS)
  .optional()
  .describe("Rows on this page; a configured number (100) where left out");

export const offset = z
  .int()
  .min(0)
  .optional()
  .describe("Rows to skip: nextOffset of the page before");

export const returning = z
  .array(z.string())
  .optional()
  .describe('Columns of the written rows to give back; ["*"]: all');

export const orderBy = z
  .array(
    z.union([
      z.string(),
      z.strictObject({
        column: z.string(),
        direction: z.enum(["asc", "desc"]).optional(),
        nulls: z.enum(["first", "last"]).optional(),
      }),
    ]),
  )
  .optional();

/** A page as `run_sql` gives it. */
const pageOutput = {
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.record(z.string(), z.unknown())).describe("Values as run_sql gives them"),
  rowCount: z.int().describe("Rows on this page"),
  truncated: z.boolean().describe("There are more rows"),
  cutValues: z.int().describe(`Values over ${MAX_VALUE_LENGTH} characters, cut`),
};

export const pagedOutput = {
  ...pageOutput,
  nextOffset: z.int().optional().describe("offset of the next page"),
};

export const writeOutput = z.object({
  affectedRows: z.int().describe("Rows written"),
  ...pageOutput,
});

export const WRITES = { readOnly: false, destructive: true, idempotent: false, openWorld: false };
export const READS = { readOnly: true, destructive: false, idempotent: true, openWorld: false };

/** The database of a call with its rules, and how long and large an answer may be. */
export function targetOf({ state, signal }: Pick<ToolContext<State>, "state" | "signal">) {
  const { database, guard, limits } = state;
  return { target: { database, guard }, options: { ...limits, signal } };
}

/** What a write gives back, without what only reads have. */
export function toWriteOutput(result: {
  readonly affectedRows: number | null;
  readonly columns: { name: string; type: string }[];
  readonly rows: JsonObject[];
  readonly rowCount: number;
  readonly truncated: boolean;
  readonly cutValues: number;
}) {
  const { columns, rows, rowCount, truncated, cutValues } = result;
  return { affectedRows: result.affectedRows ?? 0, columns, rows, rowCount, truncated, cutValues };
}
