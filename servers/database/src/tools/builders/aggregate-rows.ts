import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { FIGURES, PERIODS } from "../../builders/aggregate.ts";
import { aggregateRows as aggregate } from "../../builders/run.ts";
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
  aggregates: z
    .array(
      z.strictObject({
        function: z.enum(FIGURES),
        column: z.string().optional().describe("count without it counts rows"),
        distinct: z.boolean().optional().describe("Each different value once"),
        as: z.string().optional().describe("Name of the figure; sum_amount where left out"),
      }),
    )
    .min(1),
  groupBy: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          column: z.string(),
          by: z.enum(PERIODS).optional().describe("Period that a date or timestamp is in"),
          as: z.string().optional(),
        }),
      ]),
    )
    .optional()
    .describe("Columns; one row for all where left out"),
  where,
  having: where.describe("Conditions as in where, on figures and groups by their names"),
  orderBy: orderBy.describe("Names of figures and groups"),
  limit,
  offset,
});

const output = z.object(pagedOutput);

export const aggregateRows = defineTool<typeof input, typeof output, State>({
  name: "aggregate_rows",
  title: "Aggregate rows",
  description:
    "Counts, sums, averages, least and greatest values of a table's rows, for all or by groups, with no SQL to write.",
  profile: "all",
  aliases: ["aggregateRows"],
  input,
  output,
  hints: READS,
  content: (result) =>
    untrustedContent(
      result,
      result.truncated
        ? `More groups follow: call again with offset ${result.nextOffset}.`
        : undefined,
    ),
  run(asked, context) {
    const { target, options } = targetOf(context);
    return whileRunning(context, () =>
      aggregate(target, { ...asked, limit: asked.limit ?? options.maxRows }, options),
    );
  },
});
