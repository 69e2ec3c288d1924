import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { insertRows as insert } from "../../builders/run.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import {
  returning,
  row,
  tableArguments,
  targetOf,
  toWriteOutput,
  WRITES,
  writeOutput,
} from "./parts.ts";

const input = z.object({
  ...tableArguments,
  rows: z.array(row).min(1).max(1_000).describe("All are written, or none"),
  returning: returning.describe(
    'Columns of the written rows to give back; ["*"]: all; the primary key where left out',
  ),
});

export const insertRows = defineTool<typeof input, typeof writeOutput, State>({
  name: "insert_rows",
  title: "Insert rows",
  description:
    "Adds rows to one table, all or none; columns that a row leaves out get their default. Needs mode read-write.",
  aliases: ["insertRows"],
  input,
  output: writeOutput,
  hints: { ...WRITES, destructive: false },
  content: (result) => untrustedContent(result),
  run(asked, context) {
    const { target, options } = targetOf(context);
    return whileRunning(context, async () => toWriteOutput(await insert(target, asked, options)));
  },
});
