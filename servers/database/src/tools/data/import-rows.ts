import { defineTool, type ToolContext, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import type { Draft } from "../../transfer/draft.ts";
import { delimiterOf, FORMATS, formatOf } from "../../transfer/format.ts";
import { importRows as put } from "../../transfer/import.ts";
import { knownTarget } from "../../transfer/table-source.ts";
import { untrustedContent } from "../untrusted.ts";
import { filesOf, TRANSFER_TIMEOUT_MS } from "./files.ts";

const input = z.object({
  table: z.string().min(1).describe("The table that the rows go into"),
  schema: z.string().min(1).optional().describe("Where left out, the search path decides"),
  file: z
    .string()
    .min(1)
    .optional()
    .describe("Name of a file in the server's folder; or give text"),
  text: z.string().max(5_000_000).optional().describe("The rows themselves, instead of a file"),
  format: z.enum(FORMATS).optional().describe("Where left out, the ending of file decides"),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe("Between the cells of CSV; a comma where left out"),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Names of the columns of CSV whose first line is no header"),
  onError: z
    .enum(["stop", "reject"])
    .default("stop")
    .describe(
      "stop: all rows or none; reject: wrong rows are set aside, in a file with line and reason",
    ),
  maxRejects: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe("More wrong rows than this stop it"),
  onConflict: z
    .enum(["refuse", "skip", "update"])
    .default("refuse")
    .describe("What happens to a row whose key is in the table already"),
  conflictColumns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("The key that decides it; the primary key where left out"),
  batchSize: z.int().min(1).max(10_000).default(1_000).describe("Rows of one statement"),
});

const output = z.object({
  rows: z.int().describe("Rows written"),
  skipped: z.int().describe("Rows left out because their key was there"),
  rejected: z.int().describe("Wrong rows, which were not written"),
  rejects: z
    .array(z.object({ line: z.int(), reason: z.string(), row: z.unknown() }))
    .describe("The first of them"),
  rejectFile: z.string().optional().describe("All of them, one JSON object a line"),
  bytes: z.int().describe("Bytes read"),
});

type Input = z.output<typeof input>;

export const importRows = defineTool<typeof input, typeof output, State>({
  name: "import_rows",
  title: "Import rows",
  description:
    "Puts the rows of a CSV, JSON or NDJSON file (or text) into a table in one transaction: all of them, or with onError reject all but the wrong ones, which are told with line and reason. An empty CSV cell is NULL.",
  profile: "all",
  aliases: ["import_data"],
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  content: (result) => untrustedContent(result),
  async run(asked, context) {
    const { database, guard, limits } = context.state;
    checkMode(database.mode);
    const format = formatOf(asked.file, asked.format);
    const target = await knownTarget(database, asked, { guard, signal: context.signal });
    const { schema, table } = target;
    guard.checkTable(schema, table);
    const { bytes, total } = await sourceOf(asked, context);
    const result = await put(database, target, bytes, {
      ...{ format, delimiter: delimiterOf(asked.file, asked.delimiter) },
      ...(asked.columns === undefined ? {} : { columns: asked.columns }),
      ...{ timeoutMs: TRANSFER_TIMEOUT_MS, statementTimeoutMs: limits.timeoutMs },
      ...{ signal: context.signal, batchRows: asked.batchSize, maxRejects: asked.maxRejects },
      conflicts: {
        do: asked.onConflict,
        ...(asked.conflictColumns === undefined ? {} : { key: asked.conflictColumns }),
      },
      checkColumns: (columns) => guard.checkTable(schema, table, columns),
      ...(asked.onError === "stop" ? {} : { rejects: () => rejectsOf(asked, context) }),
      onProgress: ({ rows, bytes: progress }) =>
        context.progress({ progress, total, message: `${rows} rows imported` }),
    });
    return { ...result, rejects: [...result.rejects] };
  },
});

function checkMode(mode: string): void {
  if (mode !== "read-only") return;
  throw new TrestleError(
    "denied",
    "This database is read-only, so nothing can be imported. The setting DATABASE_MODE=read-write allows it.",
  );
}

/** The bytes of the rows, and how many they are. */
async function sourceOf({ file, text }: Input, context: ToolContext<State>) {
  if ((file === undefined) === (text === undefined))
    throw new TrestleError("invalid_input", "Give either file or text.");
  if (file === undefined) {
    const bytes = Buffer.from(text ?? "");
    return { bytes: inPieces(bytes), total: bytes.length };
  }
  const handle = await filesOf(context).read(file);
  const { size: total } = await handle.stat();
  return { bytes: handle.createReadStream({ highWaterMark: PIECE_BYTES }), total };
}

const PIECE_BYTES = 256 * 1024;

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Beside the file, or named by table and moment. */
function rejectsOf({ file, table }: Input, context: ToolContext<State>): Promise<Draft> {
  const moment = new Date(context.clock.now()).toISOString().replace(/\D/g, "").slice(0, 17);
  const name = (file ?? table).replaceAll(/[^\w/-]+/g, "_").slice(0, 100);
  return filesOf(context).create(`${name}.${moment}.rejects.ndjson`);
}
