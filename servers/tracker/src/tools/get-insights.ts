import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findInsights } from "../insights/find-insights.ts";
import { INSIGHT_KINDS, insightShape } from "../insights/insight.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, minConfidence, project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({
  project,
  since: since("14d"),
  kinds: z.array(z.enum(INSIGHT_KINDS)).min(1).optional().describe("All by default"),
  minConfidence,
  limit: limit(20, 50),
});

const output = z.object({ insights: z.array(insightShape) });

export const getInsights = defineTool<typeof input, typeof output, State>({
  name: "get_insights",
  title: "Get insights",
  description:
    "Tells what is worth a look: failures that come again, stuck work, flaky commands, hot files, sessions that cost far more than others. Each with its confidence, its evidence and what to do.",
  aliases: ["getInsights"],
  argumentAliases: TIME_ALIASES,
  input,
  output,
  hints: READS,
  content: asData,
  async run({ kinds, minConfidence: least, limit: most = 20, ...given }, { state, clock }) {
    const now = clock.now();
    const { from, ofProject } = await scopeOf(given, state, { now, preset: "14d" });
    const query = { ...ofProject, from, now, kinds, minConfidence: least, limit: most };
    return { insights: await findInsights(state, query) };
  },
});
