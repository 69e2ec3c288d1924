import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { upsertRows as upsert } from "../../builders/run.ts";
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
  rows: z.array(row).min(1).max(1_000).describe("Each names the same columns"),
  conflictColumns: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("A unique key that tells which row is meant; the primary key where left out"),
  update: z
    .array(z.string())
    .optional()
    .describe(
      "Columns that a row which is there takes over; all given where left out, []: it stays as it is",
    ),
  returning: returning.describe(
    'Columns of the written rows to give back; ["*"]: all; the primary key where left out',
  ),
});

export const upsertRows = defineTool<typeof input, typeof writeOutput, State>({
  name: "upsert_rows",
  title: "Insert or update rows",
  description:
    "Adds rows to one table, and changes those that are there already by a unique key; all or none. Needs mode read-write.",
  profile: "all",
  aliases: ["upsertRows"],
  input,
  output: writeOutput,
  hints: { ...WRITES, idempotent: true },
  content: (result) => untrustedContent(result),
  run(asked, context) {
    const { target, options } = targetOf(context);
    return whileRunning(context, async () => toWriteOutput(await upsert(target, asked, options)));
  },
});
