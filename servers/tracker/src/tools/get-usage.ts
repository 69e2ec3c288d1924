import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { wholeHours } from "../reports/system-report.ts";
import { usageReport, usageShape } from "../reports/usage-report.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({
  by: z.enum(["session", "model", "day", "project"]).optional().describe("day by default"),
  project,
  session: z.string().max(500).optional().describe("Only of this session"),
  model: z.string().max(200).optional().describe("Only of this model"),
  since: since("30d"),
  limit: limit(50, 200),
});

export const getUsage = defineTool<typeof input, typeof usageShape, State>({
  name: "get_usage",
  title: "Get usage",
  description:
    "Sums the tokens that models took and wrote, and what they cost, by session, model, day or project. A response that was told several times counts once.",
  profile: "all",
  aliases: ["getUsage"],
  argumentAliases: { ...TIME_ALIASES, groupBy: "by", sessionId: "session" },
  input,
  output: usageShape,
  hints: READS,
  content: asData,
  async run({ by = "day", session, model, limit: most = 50, ...given }, { state, clock }) {
    const now = clock.now();
    const { from, ofProject } = await scopeOf(given, state, { now, preset: "30d" });
    return usageReport(
      state,
      {
        ...{ ...ofProject, ...wholeHours(from, now), by },
        ...(session !== undefined && { sessionId: session }),
        ...(model !== undefined && { model }),
      },
      most,
    );
  },
});
