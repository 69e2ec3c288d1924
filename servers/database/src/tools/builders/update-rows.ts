import { confirmArgument, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { prepareUpdate } from "../../builders/run.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { returning, row, tableArguments, targetOf, WRITES, where, writeOutput } from "./parts.ts";
import { runPrepared } from "./run-prepared.ts";

const input = z.object({
  ...tableArguments,
  set: row,
  where,
  all: z.boolean().optional().describe("Every row is meant; only without where"),
  returning,
  confirm: confirmArgument,
});

export const updateRows = defineTool<typeof input, typeof writeOutput, State>({
  name: "update_rows",
  title: "Update rows",
  description:
    "Changes the rows of one table that meet the conditions. Without conditions it needs all: true, and the user is asked. Needs mode read-write.",
  aliases: ["updateRows"],
  input,
  output: writeOutput,
  hints: WRITES,
  content: (result) => untrustedContent(result),
  async run({ confirm, ...asked }, context) {
    const { target, options } = targetOf(context);
    const prepared = await prepareUpdate(target, asked, options);
    const columns = Object.keys(asked.set).join(", ");
    return runPrepared(context, prepared, {
      action: `Change ${columns} of all rows of ${prepared.table}.`,
      confirm,
    });
  },
});
