import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { inBytes } from "../../care/health/check.ts";
import { readTableStats, STATS_ORDERS } from "../../care/table-stats.ts";
import type { State } from "../../state.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { READS } from "../structure/reads.ts";
import { said, toName } from "../structure/words.ts";
import { untrustedText } from "../untrusted.ts";

const input = z.object({
  schema: z.string().min(1).optional().describe("All but Postgres' own where left out"),
  table: z.string().min(1).optional().describe("One table, with the statistics of its columns"),
  order: z
    .enum(STATS_ORDERS)
    .optional()
    .describe("size by default; dead: dead rows; sequential: scans of the whole table"),
  limit: z.int().min(1).max(500).optional().describe("20 by default"),
});

const output = z.object({
  tables: z.array(
    z.object({
      schema: z.string(),
      table: z.string(),
      estimatedRows: z.number().optional(),
      deadRows: z.number(),
      tableBytes: z.number(),
      indexBytes: z.number(),
      totalBytes: z.number(),
      sequentialScans: z.number(),
      indexScans: z.number(),
      inserts: z.number(),
      updates: z.number(),
      deletes: z.number(),
      lastVacuum: z.string().optional(),
      lastAnalyze: z.string().optional(),
    }),
  ),
  total: z.int(),
  columns: z
    .array(
      z.object({
        column: z.string(),
        nulls: z.number().describe("Share of nulls, 0 to 1"),
        distinct: z.number().describe("Different values; below 0 as a share of the rows"),
        width: z.number().describe("Bytes, on average"),
        correlation: z.number().optional(),
      }),
    )
    .optional(),
});

export const tableStats = defineTool<typeof input, typeof output, State>({
  name: "table_stats",
  title: "Table statistics",
  description:
    "Tells of the largest tables (or by another order): rows, dead rows, sizes, scans, writes, last vacuum and analyze; of one table also what is known of its columns.",
  profile: "all",
  aliases: ["tableStats"],
  input,
  output,
  hints: READS,
  content: (result) => untrustedText(toLines(result)),
  async run({ schema, table, order, limit }, { state, signal }) {
    const { tables, total, columns } = await readTableStats(state.database, {
      visible: visibilityOf(state.guard),
      signal,
      ...said({
        schema: schema ?? null,
        table: table ?? null,
        order: order ?? null,
        limit: limit ?? null,
      }),
    });
    return {
      tables: tables.map(({ estimatedRows, lastVacuum, lastAnalyze, ...stats }) => ({
        ...stats,
        ...said({ estimatedRows, lastVacuum, lastAnalyze }),
      })),
      total,
      ...(columns
        ? {
            columns: columns.map(({ correlation, ...stats }) => ({
              ...stats,
              ...said({ correlation }),
            })),
          }
        : {}),
    };
  },
});

type Output = z.output<typeof output>;

function toLines({ tables, total, columns }: Output): string {
  return [
    ...tables.map(tableLine),
    ...(tables.length < total ? [`${tables.length} of ${total} tables.`] : []),
    ...(columns ?? []).map(
      ({ column, nulls, distinct, width }) =>
        `  ${toName(column)}: ${distinct < 0 ? `${-distinct * 100} % different` : `${distinct} different`}, ${nulls * 100} % null, ${width} bytes`,
    ),
  ].join("\n");
}

function tableLine(stats: Output["tables"][number]): string {
  const { schema, table, estimatedRows, deadRows, totalBytes, indexBytes } = stats;
  const parts = [
    `~${estimatedRows ?? "?"} rows (${deadRows} dead)`,
    `${inBytes(totalBytes)} (${inBytes(indexBytes)} indexes)`,
    `scans: ${stats.sequentialScans} sequential, ${stats.indexScans} by index`,
    `writes: ${stats.inserts} + ${stats.updates} + ${stats.deletes}`,
    `vacuum ${stats.lastVacuum ?? "never"}, analyze ${stats.lastAnalyze ?? "never"}`,
  ];
  return `${toName(schema, table)}: ${parts.join("; ")}`;
}
