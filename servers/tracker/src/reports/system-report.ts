import * as z from "zod";
import { FAILURES } from "../errors/failures.ts";
import { findInsights } from "../insights/find-insights.ts";
import { insightShape } from "../insights/insight.ts";
import type { State } from "../state.ts";
import { counted } from "./clip.ts";
import { errorGroupShape, showGroup } from "./error-patterns.ts";
import { type HealthReport, healthReport, healthShape } from "./health-report.ts";
import { analyticsShape, taskAnalytics } from "./task-analytics.ts";
import { DAY_MS, shownTime } from "./time.ts";
import { listTasks, taskShape, UNFINISHED } from "./unfinished-tasks.ts";
import { usageReport, usageShape } from "./usage-report.ts";

export const systemReportShape = z.object({
  from: z.string(),
  to: z.string(),
  project: z.string().optional(),
  summary: z.array(z.string()),
  health: healthShape,
  tasks: analyticsShape,
  unfinished: z.array(taskShape),
  errors: z.array(errorGroupShape),
  insights: z.array(insightShape),
  usage: usageShape,
});

export type SystemReport = z.output<typeof systemReportShape>;

const MOST = 10;

export async function systemReport(
  state: State,
  {
    from,
    now,
    project,
  }: { readonly from: number; readonly now: number; readonly project?: string },
): Promise<SystemReport> {
  const ofProject = project === undefined ? {} : { project };
  const time = { from, to: now + 1 };
  const [health, tasks, { tasks: unfinished }, groups, insights, usage] = await Promise.all([
    healthReport(state),
    taskAnalytics(state.store, { ...time, ...ofProject }),
    listTasks(state, { ...ofProject, statuses: UNFINISHED, limit: MOST }, now),
    state.store.errorGroups({
      ...{ ...ofProject, ...time, classes: FAILURES, order: "count", limit: MOST },
    }),
    findInsights(state, { ...ofProject, from, now, limit: MOST }),
    usageReport(state, { ...ofProject, ...wholeHours(from, now), by: "model" }, MOST),
  ]);
  const errors = await Promise.all(groups.items.map((group) => showGroup(state.store, group)));
  const open = UNFINISHED.reduce((sum, status) => sum + (tasks.byStatus[status] ?? 0), 0);
  return {
    ...{ from: shownTime(from), to: shownTime(now), ...ofProject },
    summary: [
      healthLine(health),
      `Unfinished: ${counted(open, "task")}; ${tasks.created} were named and ${tasks.finished} finished in the time.`,
      `${errors.length === MOST ? "At least " : ""}${counted(errors.length, "kind")} of errors, ${errors.filter(({ status }) => status === "regressed").length} of them seen again after they were resolved.`,
      `${counted(insights.length, "insight")}.`,
      usage.total.dollars === undefined
        ? `${usage.total.outputTokens} tokens were written; not all prices are known.`
        : `Models cost $${usage.total.dollars.toFixed(2)}.`,
    ],
    ...{ health, tasks, unfinished, errors, insights, usage },
  };
}

/** Hours are not split: of the first the whole. */
export function wholeHours(from: number, now: number) {
  const hour = DAY_MS / 24;
  return { from: from - (from % hour), to: now - (now % hour) + hour };
}

function healthLine({ status, targets, reading }: HealthReport): string {
  const down = targets.filter((target) => target.status === "down").map(({ name }) => name);
  const problems = reading.problems.length;
  const told = [
    ...(down.length > 0 ? [`down: ${down.join(", ")}`] : []),
    ...(problems > 0 ? [`${counted(problems, "problem")} of reading`] : []),
  ];
  return `The system is ${status}${told.length > 0 ? ` (${told.join("; ")})` : ""}; ${counted(targets.length, "target")} watched.`;
}
