import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { fixVerdicts, verdictShape } from "../reports/fix-verdicts.ts";
import { timeOf } from "../reports/time.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, project, scopeOf } from "./inputs.ts";

const input = z.object({
  group: z.string().max(200).optional().describe("Only the fix of this error group"),
  fixedAt: z
    .string()
    .max(40)
    .optional()
    .describe("When it was mended, where nobody resolved it: a span before now (2h) or a date"),
  project,
  limit: limit(20, 50),
});

const output = z.object({
  fixes: z.array(verdictShape),
  counts: z.object({ validated: z.int(), regressed: z.int(), unverified: z.int() }),
  notes: z.array(z.string()),
});

export const validateFixes = defineTool<typeof input, typeof output, State>({
  name: "validate_fixes",
  title: "Validate fixes",
  description:
    "Judges the fixes of resolved errors by what happened afterwards: validated (what had failed succeeded since), regressed (it was seen again) or unverified (nobody tried). Runs nothing.",
  aliases: ["validateFixes"],
  argumentAliases: { errorGroup: "group", fixed_at: "fixedAt", projectId: "project" },
  input,
  output,
  hints: READS,
  content: asData,
  async run({ group, fixedAt, limit: most = 20, ...given }, { state, clock }) {
    const now = clock.now();
    const at = fixedAt === undefined ? undefined : timeOf(fixedAt, now, "fixedAt");
    const { ofProject } = await scopeOf(given, state, { now, preset: "0s" });
    const fixes = await fixVerdicts(state.store, {
      ...{ ...ofProject, group, fixedAt: at, limit: most, now },
    });
    const count = (wanted: string) => fixes.filter(({ verdict }) => verdict === wanted).length;
    return {
      fixes,
      counts: {
        validated: count("validated"),
        regressed: count("regressed"),
        unverified: count("unverified"),
      },
      notes:
        fixes.length > 0
          ? []
          : [
              "No error was resolved yet: resolve_error says that one was, or give group and fixedAt.",
            ],
    };
  },
});
