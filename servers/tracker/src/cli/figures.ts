import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import type { TaskAnalytics } from "../reports/task-analytics.ts";
import type { UsageReport } from "../reports/usage-report.ts";
import { getTaskAnalytics } from "../tools/get-task-analytics.ts";
import { getUsage } from "../tools/get-usage.ts";
import { ask } from "./ask.ts";
import { untilCaughtUp } from "./catching-up.ts";
import { type Json, oneOf, type Scope, withJson, withScope } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { dollars, hours, minute, printJson, shortProject } from "./show.ts";

const KEYS = ["day", "model", "session", "project"] as const;

/** The commands that tell figures. */
export function addFigures({ program, runs }: TrackerCli): void {
  const usage = program
    .command("usage")
    .description("sum the tokens of models, and what they cost")
    .option("--by <name>", `${KEYS.join(", ")}; day by default`, oneOf("--by", KEYS))
    .option("--session <id>", "only of this session")
    .option("--model <name>", "only of this model");
  withScope(usage, { since: "30d", limit: [50, 200] }).action(runs(tellUsage));
  const analytics = program
    .command("analytics")
    .description("count tasks by status, project, source and day, and how long they took");
  withScope(analytics, { since: "30d" }).action(runs(tellAnalytics));
  withJson(
    program.command("stats").description("tell how much is kept, where, and of which time"),
  ).action(runs(tellStats));
}

type UsageOptions = Scope & { readonly by?: (typeof KEYS)[number] };

async function tellUsage(place: Place, { json, ...given }: UsageOptions): Promise<number> {
  const { terminal } = place;
  const answer = await ask<UsageReport>(place, getUsage, given);
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  const { by = "day" } = given;
  const { rows, total, unpriced, omitted } = answer;
  if (rows.length === 0) {
    terminal.print("No model answered in this time.");
    return EXIT.ok;
  }
  const nameOf = (key: string) => (by === "project" ? shortProject(key) : key);
  const figures = (sum: UsageReport["total"]) => [
    ...[sum.responses, sum.inputTokens, sum.outputTokens],
    ...[sum.cacheReadTokens, sum.cacheWriteTokens, dollars(sum.dollars)],
  ];
  const all = [
    ...rows.map((row) => [nameOf(row.key), ...figures(row)]),
    ["all", ...figures(total)],
  ];
  terminal.print(
    table([by, "answers", "input", "output", "cache read", "cache write", "cost"], all, terminal),
  );
  if (omitted > 0) terminal.warn(`${omitted} more are in the sum: --limit shows more.`);
  if (unpriced.length > 0)
    terminal.warn(`No price is known of ${unpriced.join(", ")}: see TRACKER_PRICES_FILE.`);
  return EXIT.ok;
}

async function tellAnalytics(place: Place, { json, ...given }: Scope): Promise<number> {
  const { terminal } = place;
  const answer = await ask<TaskAnalytics>(place, getTaskAnalytics, given);
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  const counts = (
    title: string,
    all: Readonly<Record<string, number>>,
    name = (key: string) => key,
  ) =>
    Object.keys(all).length === 0
      ? []
      : [
          table(
            [title, "tasks"],
            Object.entries(all)
              .toSorted(([, a], [, b]) => b - a)
              .map(([key, count]) => [name(key), count]),
            terminal,
          ),
        ];
  const { byStatus, byProject, bySource, created, finished, days, examples } = answer;
  const { medianHoursToFinish: median, slowTenthHours: slow } = answer;
  const parts = [
    ...counts("status", byStatus),
    ...counts("unfinished of project", byProject, shortProject),
    ...counts("unfinished, named by", bySource),
    ...(days.length === 0
      ? []
      : [
          table(
            ["day", "named", "finished"],
            days.map((each) => [each.day, each.created, each.finished]),
            terminal,
          ),
        ]),
    ...(examples.length === 0
      ? []
      : [
          table(
            ["hours", "took longest", "id"],
            examples.map(({ hours, subject, id }) => [hours, subject, id]),
            terminal,
          ),
        ]),
    [
      `${created} named and ${finished} finished in the time.`,
      ...(median === undefined ? [] : [`Half of them took less than ${hours(median)}.`]),
      ...(slow === undefined || slow === 0 ? [] : [`A tenth took more than ${hours(slow)}.`]),
    ].join(" "),
  ];
  terminal.print(parts.join("\n\n"));
  return EXIT.ok;
}

async function tellStats(place: Place, { json }: Json): Promise<number> {
  const { terminal } = place;
  const state = await place.open({ reading: true, health: false });
  await untilCaughtUp(state, place);
  const { oldestAt, newestAt, ...counts } = await state.store.stats();
  const time = (at: number | undefined) =>
    at === undefined ? undefined : new Date(at).toISOString();
  const answer = { ...counts, oldest: time(oldestAt), newest: time(newestAt) };
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  terminal.print(
    table(
      ["what", "figure"],
      [
        ["kept in", answer.kind],
        ["records", String(answer.records)],
        ["sessions", String(answer.sessions)],
        ["tasks", String(answer.tasks)],
        ["error groups", String(answer.errorGroups)],
        ["size", `${(answer.bytes / 1e6).toFixed(1)} MB`],
        ["oldest", minute(answer.oldest)],
        ["newest", minute(answer.newest)],
      ],
      terminal,
    ),
  );
  return EXIT.ok;
}
