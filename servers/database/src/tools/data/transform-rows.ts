import type { JsonObject, JsonValue } from "@trestle/protocol";
import { defineTool, type ToolContext, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { selectRows } from "../../builders/run.ts";
import type { QueryResult } from "../../postgres/database.ts";
import type { State } from "../../state.ts";
import { limit, offset, READS, row, targetOf, where } from "../builders/parts.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import { TRANSFORMERS, type Transformed, type Transformer } from "./transformers.ts";

/** What one call reads at most: beyond it, figures of a part would look like figures of all. */
const MAX_SOURCE_ROWS = 10_000;
const MAX_SOURCE_BYTES = 32_000_000;
const SHOWN_ERRORS = 20;

const names = Object.keys(TRANSFORMERS) as [keyof typeof TRANSFORMERS];

const input = z.object({
  transformer: z
    .enum(names)
    .describe(
      "camel_keys, snake_keys, map: any rows; property, reservation: rows of such tables as objects, _rows the way back to columns; summary, calendar_events, icalendar, occupancy: of reservations; aggregate: figures by key",
    ),
  options: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'camel_keys, snake_keys: {"deep"}. map: {"fields":{"checkIn":"date","total":{"type":"decimal","column":"amount","also":[…],"required":true}},"reverse"}; types text integer decimal boolean date time json. calendar_events, icalendar: {"domain","places":{"<propertyId>":"name"}}. occupancy: {"from":"2026-06-01","to" (not included),"units","period":"day|week|month|year"}. aggregate: {"by":["status"],"figures":[{"function":"count|sum|avg|min|max","field","as"}]}',
    ),
  rows: z.array(row).max(MAX_SOURCE_ROWS).optional().describe("The rows; or give table or sql"),
  table: z.string().min(1).optional(),
  schema: z.string().min(1).optional(),
  where,
  sql: z.string().min(1).optional().describe("One statement that reads"),
  params: z.array(z.unknown()).max(1_000).optional().describe("Values for $1, $2 … of sql"),
  limit,
  offset,
});

const output = z.object({
  rows: z.array(z.record(z.string(), z.unknown())),
  rowCount: z.int().describe("Rows on this page"),
  truncated: z.boolean().describe("There are more rows: call again with offset = nextOffset"),
  nextOffset: z.int().optional(),
  text: z.string().optional().describe("The calendar file, of icalendar"),
  sourceRows: z.int(),
  failedRows: z
    .int()
    .describe("Rows of the source that could not be read and are not in the result"),
  errors: z
    .array(z.object({ index: z.int(), message: z.string() }))
    .describe(`Why, of the first ${SHOWN_ERRORS}`),
});

type Input = z.output<typeof input>;

export const transformRows = defineTool<typeof input, typeof output, State>({
  name: "transform_rows",
  title: "Transform rows",
  description:
    "Gives rows, of the call or of the database, another shape: other spellings, mapped fields, reservations as a summary, a calendar or an occupancy, figures by key. Money and averages are exact.",
  profile: "all",
  aliases: ["transformRows"],
  input,
  output,
  hints: READS,
  content: (result) => untrustedContent(result, remarkOn(result)),
  async run(asked, context) {
    const transformer: Transformer = TRANSFORMERS[asked.transformer];
    const options = readOptions(asked, transformer);
    const rows = await whileRunning(context, () => readSource(asked, context));
    const made = transformer.run(rows, options, context.clock.now());
    return toOutput(made, rows.length, asked, context.state.limits);
  },
});

function readOptions({ transformer, options = {} }: Input, { options: shape }: Transformer) {
  const read = shape.safeParse(options);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => ({
    field: ["options", ...path.map(String)].join("."),
    message,
  }));
  const lines = problems.map(({ field, message }) => `- ${field}: ${message}`);
  throw new TrestleError(
    "invalid_input",
    `The options of ${transformer} are not valid:\n${lines.join("\n")}`,
    { details: { fields: problems.map(({ field }) => field) } },
  );
}

async function readSource(asked: Input, context: ToolContext<State>): Promise<JsonObject[]> {
  const { rows, table, sql } = asked;
  if ([rows, table, sql].filter((source) => source !== undefined).length !== 1)
    throw new TrestleError("invalid_input", "Give one of rows, table and sql.");
  if (asked.where !== undefined && table === undefined)
    throw new TrestleError("invalid_input", "where: is for a table; put it into the statement.");
  if (rows) return rows;
  const { target, options } = targetOf(context);
  const limits = { ...options, maxBytes: MAX_SOURCE_BYTES };
  const page =
    sql === undefined
      ? await selectRows(target, { ...sourceTable(asked), limit: MAX_SOURCE_ROWS }, limits)
      : await target.database.query(sql, (asked.params ?? []) as JsonValue[], {
          ...limits,
          maxRows: MAX_SOURCE_ROWS,
        });
  return checkWhole(page);
}

const sourceTable = ({ table = "", schema, where: conditions }: Input) => ({
  table,
  schema,
  where: conditions,
});

function checkWhole({ rows, truncated, cutValues }: QueryResult): JsonObject[] {
  if (!truncated && cutValues === 0) return rows;
  throw new TrestleError(
    "invalid_input",
    truncated
      ? `The source has more than ${MAX_SOURCE_ROWS} rows or ${MAX_SOURCE_BYTES / 1_000_000} MB: narrow it, or let the database count (aggregate_rows).`
      : "The source has values that are too long to be read whole: leave their columns out.",
  );
}

/** One page of what was made: as many rows as fit, and one at least. */
function toOutput(
  { rows, text, errors }: Transformed,
  sourceRows: number,
  asked: Pick<Input, "limit" | "offset">,
  limits: State["limits"],
): z.input<typeof output> {
  if (text !== undefined && text.length > limits.maxBytes)
    throw new TrestleError(
      "invalid_input",
      `The calendar has ${text.length} characters, and an answer ${limits.maxBytes}: take fewer rows.`,
    );
  const start = asked.offset ?? 0;
  const page: JsonObject[] = [];
  let bytes = 0;
  for (const row of rows.slice(start, start + (asked.limit ?? limits.maxRows))) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (page.length > 0 && bytes > limits.maxBytes) break;
    page.push(row);
  }
  const truncated = start + page.length < rows.length;
  return {
    rows: page,
    rowCount: page.length,
    truncated,
    ...(truncated ? { nextOffset: start + page.length } : {}),
    ...(text === undefined ? {} : { text }),
    sourceRows,
    failedRows: errors.length,
    errors: errors.slice(0, SHOWN_ERRORS),
  };
}

function remarkOn({ failedRows, sourceRows, nextOffset }: z.output<typeof output>) {
  const remarks = [
    failedRows === 0
      ? undefined
      : `${failedRows} of ${sourceRows} rows could not be read and are left out: see errors.`,
    nextOffset === undefined
      ? undefined
      : `More rows follow: call again with offset ${nextOffset}.`,
  ].filter((remark) => remark !== undefined);
  return remarks.length === 0 ? undefined : remarks.join(" ");
}
