import { EXIT, type JsonValue } from "@trestle/protocol";
import type { ShownTask } from "../reports/unfinished-tasks.ts";
import { getUnfinishedTasks } from "../tools/get-unfinished-tasks.ts";
import { ask } from "./ask.ts";
import { numberFor, oneOf, type Scope, someOf, withScope } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { fittedTable, minute, printJson, shortProject } from "./show.ts";
import { addTaskWords } from "./task-words.ts";

interface Answer {
  readonly tasks: readonly ShownTask[];
  readonly total: number;
  readonly next?: string;
  readonly forecast?: string;
}

interface Options extends Scope {
  readonly status?: readonly string[];
  readonly source?: readonly string[];
  readonly text?: string;
  readonly session?: string;
  readonly minConfidence?: number;
  readonly order?: string;
  readonly after?: string;
}

const STATUSES = ["open", "in_progress", "blocked"] as const;
const SOURCES = [
  "person",
  "task-tool",
  "todo-list",
  "plan",
  "failing-test",
  "unfinished-words",
  "unanswered-request",
  "code-comment",
  "pull-request",
] as const;

/** The commands about what was left unfinished. */
export function addTasks(cli: TrackerCli): void {
  const { program, runs } = cli;
  const tasks = program
    .command("tasks")
    .description(
      "list what sessions left unfinished, the most urgent first; say what you know of it",
    )
    .enablePositionalOptions()
    .option("--status <names>", `only ${STATUSES.join(", ")}`, someOf("--status", STATUSES))
    .option("--source <names>", "only what was named by these", someOf("--source", SOURCES))
    .option("--text <words>", "only tasks with all of these words")
    .option("--session <id>", "only tasks that this session spoke of")
    .option(
      "--min-confidence <share>",
      "only what is at least so sure, 0 to 1",
      numberFor("--min-confidence", { least: 0, most: 1 }),
    )
    .option(
      "--order <name>",
      "priority, updated or created",
      oneOf("--order", ["priority", "updated", "created"]),
    )
    .option("--after <place>", "`next` of the page before");
  withScope(tasks, { since: "all time", limit: [20, 100] }).action(runs(list));
  addTaskWords(tasks, cli);
}

async function list(place: Place, { json, after, ...given }: Options): Promise<number> {
  const { terminal } = place;
  const answer = await ask<Answer>(place, getUnfinishedTasks, { ...given, cursor: after });
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  const { tasks, total, next } = answer;
  if (tasks.length === 0) {
    terminal.print(total === 0 ? "Nothing is unfinished." : "No unfinished task is like that.");
    return EXIT.ok;
  }
  terminal.print(taskTable(tasks, place));
  if (next !== undefined) terminal.warn(`${tasks.length} of ${total}; more: --after ${next}`);
  return EXIT.ok;
}

export function taskTable(
  tasks: readonly ShownTask[],
  { terminal }: Pick<Place, "terminal">,
): string {
  const hasChances = tasks.some(({ chance }) => chance !== undefined);
  const isOneProject = new Set(tasks.map(({ project }) => project)).size === 1;
  const rows = tasks.map((task): JsonValue[] => [
    ...[Math.round(task.priority), task.status, task.subject],
    ...(isOneProject ? [] : [shortProject(task.project)]),
    ...(hasChances ? [task.chance ?? null] : []),
    ...[minute(task.updated), task.id],
  ]);
  const titles = [
    ...["prio", "status", "task"],
    ...(isOneProject ? [] : ["project"]),
    ...(hasChances ? ["chance"] : []),
    ...["updated", "id"],
  ];
  return fittedTable(titles, rows, { terminal, cut: "task", droppable: ["updated", "project"] });
}
