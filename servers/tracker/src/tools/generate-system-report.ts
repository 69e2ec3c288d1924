import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { toMarkdown } from "../reports/markdown.ts";
import { systemReport, systemReportShape } from "../reports/system-report.ts";
import type { State } from "../state.ts";
import { dataText } from "./data.ts";
import { READS } from "./hints.ts";
import { project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({ project, since: since("7d") });

const output = systemReportShape.extend({ markdown: z.string().describe("For a person to read") });

export const generateSystemReport = defineTool<typeof input, typeof output, State>({
  name: "generate_system_report",
  title: "Generate a system report",
  description:
    "Sums up a time: health, what is unfinished, errors, insights, tasks and what models cost; as markdown and as data, with evidence.",
  aliases: ["generateSystemReport"],
  argumentAliases: TIME_ALIASES,
  input,
  output,
  hints: READS,
  content: ({ markdown }) => dataText(markdown),
  async run(given, { state, clock }) {
    const now = clock.now();
    const { from, ofProject } = await scopeOf(given, state, { now, preset: "7d" });
    const report = await systemReport(state, { ...ofProject, from, now });
    return { ...report, markdown: toMarkdown(report) };
  },
});
