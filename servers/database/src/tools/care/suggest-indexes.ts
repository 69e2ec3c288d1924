import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { countedWorkload } from "../../care/indexes/counted.ts";
import type { Workload } from "../../care/indexes/explain.ts";
import { checkWorkload, suggestIndexes as suggest } from "../../care/suggest-indexes.ts";
import { readCatalog } from "../../guard/catalog.ts";
import type { State } from "../../state.ts";
import { visibilityOf } from "../../structure/visibility.ts";
import { READS } from "../structure/reads.ts";
import { untrustedText } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";

const input = z.object({
  sql: z
    .string()
    .min(1)
    .optional()
    .describe("One statement; where left out, those that pg_stat_statements counted most time for"),
  params: z
    .array(z.unknown())
    .max(1_000)
    .optional()
    .describe("Values for $1, $2 …; without them the plan for any values is looked at"),
});

const output = z.object({
  evidence: z
    .enum(["hypothetical", "trial", "plan"])
    .describe(
      "hypothetical: hypopg showed them to the planner; trial: made on small tables and rolled back; plan: not tried",
    ),
  cost: z.number().describe("The planner's cost as it is now"),
  suggestions: z.array(
    z.object({
      statement: z.string(),
      reason: z.string(),
      costBefore: z.number().optional(),
      costAfter: z.number().optional(),
    }),
  ),
  notes: z.array(z.string()),
});

export const suggestIndexes = defineTool<typeof input, typeof output, State>({
  name: "suggest_indexes",
  title: "Suggest indexes",
  description:
    "Suggests indexes for a statement, or for those that take the most time, and says what the planner thinks of them. Runs none of the statements and leaves nothing behind.",
  profile: "all",
  aliases: ["suggestIndexes", "analyze_query_indexes", "analyze_workload_indexes"],
  input,
  output,
  hints: READS,
  content: (result) => untrustedText(toLines(result)),
  run({ sql, params }, context) {
    const { state, signal } = context;
    return whileRunning(context, async () => {
      const { workload, notes } =
        sql === undefined
          ? await countedWorkload(state.database, state.guard, { signal })
          : { workload: [await toWorkload(sql, params, state)], notes: [] };
      checkWorkload(workload);
      const visible = visibilityOf(state.guard);
      const advice = await suggest(state.database, workload, { visible, signal });
      return { ...advice, notes: [...notes, ...advice.notes] };
    });
  },
});

/** A plan tells of the tables that it reads: only who may read them may see it. */
async function toWorkload(
  sql: string,
  params: readonly unknown[] | undefined,
  { guard, database }: State,
): Promise<Workload> {
  await guard.checkRead(`EXPLAIN ${sql}`, { catalog: () => database.read(readCatalog) });
  return { sql, weight: 1, ...(params ? { params } : {}) };
}

function toLines({ evidence, cost, suggestions, notes }: z.output<typeof output>): string {
  const tried = {
    hypothetical: "asked with hypopg",
    trial: "tried and rolled back",
    plan: "not tried",
  };
  return [
    suggestions.length === 0
      ? `No index would make it much cheaper (cost ${cost}, ${tried[evidence]}).`
      : `Cost ${cost} now (${tried[evidence]}).`,
    ...suggestions.map(
      ({ statement, reason, costAfter }) =>
        `${statement}; -- ${reason}${costAfter === undefined ? "" : `, cost ${costAfter.toFixed(2)}`}`,
    ),
    ...notes,
  ].join("\n");
}
