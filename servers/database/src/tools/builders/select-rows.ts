import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { selectRows as select } from "../../builders/run.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import {
  limit,
  offset,
  orderBy,
  pagedOutput,
  READS,
  tableArguments,
  targetOf,
  where,
} from "./parts.ts";

const input = z.object({
  ...tableArguments,
  columns: z.array(z.string()).min(1).optional().describe("All where left out"),
  where,
  orderBy: orderBy.describe('"name", or {"column":"name","direction":"desc","nulls":"last"}'),
  distinct: z.boolean().optional().describe("Each different row once"),
  limit,
  offset,
  cursor: z
    .string()
    .optional()
    .describe("nextCursor of the page before, instead of offset; with the same orderBy"),
});

const output = z.object({
  ...pagedOutput,
  nextCursor: z
    .string()
    .optional()
    .describe("cursor of the next page: quick however deep, and right while rows come and go"),
});

export const selectRows = defineTool<typeof input, typeof output, State>({
  name: "select_rows",
  title: "Select rows",
  description:
    "Reads rows of one table or view by conditions, in pages, with no SQL to write. For joins and expressions use run_sql.",
  aliases: ["selectRows"],
  input,
  output,
  hints: READS,
  content: (result) => untrustedContent(result, remarkOn(result)),
  run(asked, context) {
    const { target, options } = targetOf(context);
    return whileRunning(context, () =>
      select(target, { ...asked, limit: asked.limit ?? options.maxRows }, options),
    );
  },
});

function remarkOn({ nextCursor, nextOffset }: z.output<typeof output>): string | undefined {
  if (nextCursor !== undefined) return `More rows follow: call again with cursor "${nextCursor}".`;
  return nextOffset === undefined
    ? undefined
    : `More rows follow: call again with offset ${nextOffset}.`;
}
