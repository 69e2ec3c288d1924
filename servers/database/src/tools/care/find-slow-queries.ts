import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findSlowQueries as find, ORDERS } from "../../care/slow-queries.ts";
import type { State } from "../../state.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { READS } from "../structure/reads.ts";
import { said } from "../structure/words.ts";
import { untrustedText } from "../untrusted.ts";

const input = z.object({
  order: z
    .enum(ORDERS)
    .optional()
    .describe(
      "By total time (default), mean or longest time, calls, rows, blocks read, blocks written aside",
    ),
  limit: z.int().min(1).max(100).optional().describe("10 by default"),
  minCalls: z.int().min(1).optional().describe("Leaves out what was called less often"),
});

const output = z.object({
  queries: z.array(
    z.object({
      query: z.string().describe("Without its literals"),
      calls: z.number(),
      totalMs: z.number(),
      meanMs: z.number(),
      maxMs: z.number(),
      rows: z.number(),
      share: z.number().optional().describe("Of the time of all that was counted, 0 to 1"),
      hitRate: z.number().optional().describe("Of its blocks, those found in memory, 0 to 1"),
      tempBlocks: z.number().describe("Blocks of 8 kB set aside on disk: work_mem was too small"),
    }),
  ),
  since: z.string().optional().describe("When counting began"),
  running: z
    .array(
      z.object({
        pid: z.int(),
        seconds: z.number(),
        waitsFor: z.string().optional(),
        query: z.string(),
      }),
    )
    .describe("What runs now, for a second or more"),
  enable: z.string().optional().describe("Where nothing is counted: how to begin"),
});

export const findSlowQueries = defineTool<typeof input, typeof output, State>({
  name: "find_slow_queries",
  title: "Find slow queries",
  description:
    "Tells the statements that took the most, by pg_stat_statements, and what runs now; where nothing is counted, how to begin.",
  profile: "all",
  aliases: ["findSlowQueries", "list_slow_queries", "get_top_queries"],
  input,
  output,
  hints: READS,
  content: (result) => untrustedText(toLines(result)),
  async run({ order, limit, minCalls }, { state, signal }) {
    const found = await find(state.database, {
      visible: visibilityOf(state.guard),
      signal,
      ...said({ order: order ?? null, limit: limit ?? null, minCalls: minCalls ?? null }),
    });
    return {
      queries: found.queries.map(({ share, hitRate, ...query }) => ({
        ...query,
        ...said({ share, hitRate }),
      })),
      running: found.running.map(({ waitsFor, ...query }) => ({ ...query, ...said({ waitsFor }) })),
      ...said({ since: found.since, enable: enableIn(state, found.enable) }),
    };
  },
});

function enableIn({ database }: State, enable: string | undefined): string | null {
  if (enable !== undefined && database.kind === "embedded")
    return "The embedded Postgres does not count statements: explain_query and suggest_indexes look at one that you name.";
  return enable ?? null;
}

function toLines({ queries, since, running, enable }: z.output<typeof output>): string {
  return [
    ...(enable ? [enable] : []),
    ...(since ? [`Counted since ${since}.`] : []),
    ...queries.map(
      ({ query, calls, totalMs, meanMs, maxMs, rows, share, tempBlocks }, index) =>
        `${index + 1}. ${totalMs} ms${share === undefined ? "" : ` (${(share * 100).toFixed(1)} %)`} in ${calls} calls, mean ${meanMs}, max ${maxMs} ms, ${rows} rows${tempBlocks > 0 ? `, ${tempBlocks} blocks set aside` : ""}: ${query}`,
    ),
    ...running.map(
      ({ pid, seconds, waitsFor, query }) =>
        `running for ${seconds} s (pid ${pid}${waitsFor ? `, waits for ${waitsFor}` : ""}): ${query}`,
    ),
    ...(running.length === 0 ? ["Nothing runs for a second or more."] : []),
  ].join("\n");
}
