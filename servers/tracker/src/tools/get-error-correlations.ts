import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { correlationsShape, errorCorrelations } from "../reports/correlations.ts";
import { phaseFilter } from "../reports/phase.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({
  project,
  since: since("14d"),
  component: z.string().max(200).optional().describe("Only pairs with this tool or component"),
  group: z.string().max(200).optional().describe("Only pairs with this error group"),
  phase: phaseFilter,
  falseDiscoveryRate: z
    .number()
    .gt(0)
    .max(0.5)
    .optional()
    .describe("Share of the findings that may be false; 0.05 by default"),
  limit: limit(20, 50),
});

export const getErrorCorrelations = defineTool<typeof input, typeof correlationsShape, State>({
  name: "get_error_correlations",
  title: "Get error correlations",
  description:
    "Finds errors that go together more often than by chance: one follows the other, both meet the same sessions or files, or they began with a change. With support, lift, lag and a false discovery rate over all pairs.",
  aliases: ["getErrorCorrelations"],
  argumentAliases: TIME_ALIASES,
  input,
  output: correlationsShape,
  hints: READS,
  content: asData,
  async run({ limit: most = 20, component, group, phase, falseDiscoveryRate, ...given }, context) {
    const { state, clock } = context;
    const now = clock.now();
    const { from, ofProject } = await scopeOf(given, state, { now, preset: "14d" });
    return errorCorrelations(state.store, {
      ...{
        ...ofProject,
        from,
        to: now + 1,
        component,
        group,
        phase,
        falseDiscoveryRate,
        limit: most,
      },
    });
  },
});
