import type { JsonValue } from "@trestle/protocol";
import { defineTool, type ToolContext, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { type Exported, type ExportSource, exportRows as write } from "../../transfer/export.ts";
import { delimiterOf, FORMATS, formatOf } from "../../transfer/format.ts";
import { tableSource } from "../../transfer/table-source.ts";
import { untrustedContent } from "../untrusted.ts";
import { filesOf, TRANSFER_TIMEOUT_MS } from "./files.ts";

const input = z.object({
  table: z.string().min(1).optional().describe("A table or view; or give sql"),
  schema: z.string().min(1).optional().describe("Where left out, the search path decides"),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Of the table; all where left out"),
  sql: z.string().min(1).optional().describe("One statement that reads, instead of a table"),
  params: z.array(z.unknown()).max(1_000).optional().describe("Values for $1, $2 … of sql"),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Name of a new file in the server's folder, such as guests.csv; few rows come back as text without it",
    ),
  format: z
    .enum(FORMATS)
    .optional()
    .describe("Where left out, the ending of file decides; csv without one"),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe("Between the cells of CSV; a comma where left out"),
});

const output = z.object({
  rows: z.int(),
  columns: z.array(z.string()),
  bytes: z.int(),
  format: z.enum(FORMATS),
  file: z.string().optional().describe("Where the rows are"),
  text: z.string().optional().describe("The rows, where no file was asked for"),
});

type Input = z.output<typeof input>;

export const exportRows = defineTool<typeof input, typeof output, State>({
  name: "export_rows",
  title: "Export rows",
  description:
    "Writes the rows of a table or of a reading statement to a new file as CSV, JSON or NDJSON, however many there are; few rows come back as text.",
  profile: "all",
  aliases: ["export_data"],
  input,
  output,
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  content: (result) => untrustedContent(result),
  async run(asked, context) {
    const format = formatOf(
      asked.file,
      asked.format ?? (asked.file === undefined ? "csv" : undefined),
    );
    const source = await sourceOf(asked, context);
    const delimiter = delimiterOf(asked.file, asked.delimiter);
    const options = { format, delimiter };
    return asked.file === undefined
      ? { ...(await toText(source, options, context)), format }
      : { ...(await toFile(asked.file, source, options, context)), format };
  },
});

async function sourceOf(asked: Input, context: ToolContext<State>): Promise<ExportSource> {
  const { table, sql, params = [] } = asked;
  if ((table === undefined) === (sql === undefined))
    throw new TrestleError("invalid_input", "Give either table or sql.");
  if (sql !== undefined) return { sql, params: params as JsonValue[] };
  const { database, guard } = context.state;
  const { schema, columns } = asked;
  const asking = { guard, signal: context.signal };
  return tableSource(database, { table: table ?? "", schema, columns }, asking);
}

type Layout = Pick<Parameters<typeof write>[3], "format" | "delimiter">;

function run(
  source: ExportSource,
  layout: Layout,
  take: (text: string) => Promise<void>,
  context: ToolContext<State>,
): Promise<Exported> {
  const { database, guard, limits } = context.state;
  return write(database, source, take, {
    ...layout,
    guard,
    timeoutMs: TRANSFER_TIMEOUT_MS,
    statementTimeoutMs: limits.timeoutMs,
    signal: context.signal,
    onProgress: ({ rows }) => context.progress({ progress: rows, message: "rows exported" }),
  });
}

async function toText(source: ExportSource, layout: Layout, context: ToolContext<State>) {
  const { maxBytes } = context.state.limits;
  const parts: string[] = [];
  let bytes = 0;
  const take = async (text: string): Promise<void> => {
    bytes += Buffer.byteLength(text);
    if (bytes > maxBytes)
      throw new TrestleError(
        "invalid_input",
        `The rows take more than ${maxBytes} bytes: give file, such as rows.csv, and they are written to a file whatever their number.`,
      );
    parts.push(text);
  };
  const exported = await run(source, layout, take, context);
  return { ...exported, columns: [...exported.columns], text: parts.join("") };
}

async function toFile(
  name: string,
  source: ExportSource,
  layout: Layout,
  context: ToolContext<State>,
) {
  const draft = await filesOf(context).create(name);
  try {
    const exported = await run(source, layout, draft.write, context);
    await draft.keep();
    return { ...exported, columns: [...exported.columns], file: draft.path };
  } finally {
    await draft.discard();
  }
}
