import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { analyticsShape, taskAnalytics } from "../reports/task-analytics.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({ project, since: since("30d") });

export const getTaskAnalytics = defineTool<typeof input, typeof analyticsShape, State>({
  name: "get_task_analytics",
  title: "Get task analytics",
  description:
    "Counts tasks by status, project and source, how many were named and finished each day, and how long they took.",
  aliases: ["getTaskAnalytics"],
  argumentAliases: TIME_ALIASES,
  input,
  output: analyticsShape,
  hints: READS,
  content: asData,
  async run(given, { state, clock }) {
    const now = clock.now();
    const { from, ofProject } = await scopeOf(given, state, { now, preset: "30d" });
    return taskAnalytics(state.store, { ...ofProject, from, to: now + 1 });
  },
});
