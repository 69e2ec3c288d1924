import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { parseSince } from "../knowledge/since.ts";
import type { State } from "../state.ts";
import { READS } from "./hints.ts";
import { timeframe } from "./shapes.ts";

const input = z.object({ since: timeframe });

const line = z.object({ amount: z.number(), dollars: z.number() });

const output = z.object({
  since: z.string(),
  requests: z.record(z.string(), z.int()),
  period: z.object({ classA: line, classB: line }),
  month: z.object({
    classA: line,
    classB: line,
    storage: line.describe("amount in GB"),
    dollars: z.number().describe("After what is free each month"),
  }),
  perThousand: z.object({ stores: z.number().nullable(), searches: z.number().nullable() }),
  recommendations: z.array(z.string()),
});

export const getCostReport = defineTool<typeof input, typeof output, State>({
  name: "get_cost_report",
  title: "Get cost report",
  description:
    "Tells what requests and storage cost by R2's prices (classes A and B, GB-months), a month at this pace, and what would make it less.",
  profile: "all",
  argumentAliases: { timeframe: "since" },
  input,
  output,
  hints: READS,
  async run({ since = "30d" }, { state, signal, clock }) {
    const from = parseSince(since, clock.now(), "since");
    const report = await state.knowledge.costReport({ since: from, signal });
    return {
      ...structuredClone(report),
      requests: { ...report.requests },
      recommendations: [...report.recommendations],
      since: new Date(from).toISOString(),
    };
  },
});
