import { confirmArgument, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { prepareDelete } from "../../builders/run.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { returning, tableArguments, targetOf, WRITES, where, writeOutput } from "./parts.ts";
import { runPrepared } from "./run-prepared.ts";

const input = z.object({
  ...tableArguments,
  where,
  all: z.boolean().optional().describe("Every row is meant; only without where"),
  returning,
  confirm: confirmArgument,
});

export const deleteRows = defineTool<typeof input, typeof writeOutput, State>({
  name: "delete_rows",
  title: "Delete rows",
  description:
    "Deletes the rows of one table that meet the conditions. Without conditions it needs all: true, and the user is asked. Needs mode read-write.",
  profile: "all",
  aliases: ["deleteRows"],
  input,
  output: writeOutput,
  hints: { ...WRITES, idempotent: true },
  content: (result) => untrustedContent(result),
  async run({ confirm, ...asked }, context) {
    const { target, options } = targetOf(context);
    const prepared = await prepareDelete(target, asked, options);
    const action = `Delete all rows of ${prepared.table}.`;
    return runPrepared(context, prepared, { action, confirm });
  },
});
