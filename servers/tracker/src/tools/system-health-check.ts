import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { healthReport, healthShape } from "../reports/health-report.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";

const input = z.object({
  targets: z
    .array(z.string().max(100))
    .min(1)
    .max(50)
    .optional()
    .describe("Only these targets, with how they were; their names are the operator's"),
  checkNow: z.boolean().optional().describe("Check now instead of telling the last checks"),
});

export const systemHealthCheck = defineTool<typeof input, typeof healthShape, State>({
  name: "system_health_check",
  title: "Check the system's health",
  description:
    "Tells whether the configured targets are well, since when, and what is alerted; and whether the tracker itself reads and stores all: problems, lines it could not understand, its store.",
  aliases: ["systemHealthCheck", "health_check"],
  argumentAliases: { fresh: "checkNow", components: "targets" },
  input,
  output: healthShape,
  hints: { ...READS, openWorld: true },
  content: asData,
  async run({ targets, checkNow = false }, { state }) {
    await state.caughtUp();
    return healthReport(state, { checkNow, names: targets });
  },
});
