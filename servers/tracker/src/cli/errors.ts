import { EXIT, TrestleError } from "@trestle/protocol";
import { FAILURES } from "../errors/failures.ts";
import { type ShownGroup, showGroup } from "../reports/error-patterns.ts";
import { findProject } from "../reports/find-project.ts";
import { timeOf } from "../reports/time.ts";
import { resolveError } from "../tools/resolve-error.ts";
import { ask } from "./ask.ts";
import { untilCaughtUp } from "./catching-up.ts";
import { type Json, oneOf, type Scope, someOf, withJson, withScope } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { fittedTable, minute, printJson, shortProject } from "./show.ts";

interface ListOptions extends Scope {
  readonly status?: readonly ("open" | "resolved" | "regressed")[];
  readonly component?: string;
  readonly order?: "last" | "first" | "count";
  readonly all?: boolean;
  readonly after?: string;
}

interface ResolveOptions extends Json {
  readonly note?: string;
  readonly by?: string;
  readonly reopen?: boolean;
}

const STATUSES = ["open", "resolved", "regressed"] as const;
const LIMIT = 20;

/** The commands about what fails. */
export function addErrors({ program, runs }: TrackerCli): void {
  const errors = program
    .command("errors")
    .description("list errors in groups, the last seen first; say that one is mended")
    .enablePositionalOptions()
    .option("--status <names>", `only ${STATUSES.join(", ")}`, someOf("--status", STATUSES))
    .option("--component <name>", "only of this tool or component")
    .option(
      "--order <name>",
      "last, first or count",
      oneOf("--order", ["last", "first", "count"] as const),
    )
    .option("--all", "also what a person rejected or interrupted, which is no failure")
    .option("--after <place>", "`next` of the page before");
  withScope(errors, { since: "all time", limit: [LIMIT, 200] }).action(runs(list));
  withJson(
    errors
      .command("show")
      .description("tell all that is known of one group, and where it was seen")
      .argument("<group>", "the group"),
  ).action(runs(show));
  withJson(
    errors
      .command("resolve")
      .description("say that it is mended from now on; fixes tells what became of it")
      .argument("<group>", "the group")
      .option("--note <text>", "what mended it")
      .option("--by <name>", "who says so; by default the user's name")
      .option("--reopen", "it is not mended after all"),
  ).action(runs(resolve));
}

async function list(place: Place, options: ListOptions): Promise<number> {
  const { terminal, clock } = place;
  const { json, status, component, order = "last", all, after, limit = LIMIT } = options;
  const state = await place.open({ reading: true, health: false });
  await untilCaughtUp(state, place);
  const project = await findProject(state.store, options.project);
  const { items, next } = await state.store.errorGroups({
    ...{ order, limit },
    ...(project !== undefined && { project }),
    ...(options.since !== undefined && { from: timeOf(options.since, clock.now(), "--since") }),
    ...(all !== true && { classes: FAILURES }),
    ...(status !== undefined && { statuses: status }),
    ...(component !== undefined && { component }),
    ...(after !== undefined && { cursor: after }),
  });
  const groups = await Promise.all(items.map((group) => showGroup(state.store, group)));
  if (json) printJson(place, { errors: groups, ...(next !== undefined && { next }) });
  else if (groups.length === 0) terminal.print("No error is known that is like that.");
  else {
    terminal.print(groupTable(groups, place));
    if (next !== undefined) terminal.warn(`There are more: --after ${next}`);
  }
  return EXIT.ok;
}

export function groupTable(
  groups: readonly ShownGroup[],
  { terminal }: Pick<Place, "terminal">,
): string {
  return fittedTable(
    ["times", "status", "what", "message", "project", "last", "group"],
    groups.map(({ count, status, command, component, message, project, last, group }) => [
      ...[count, status, command ?? component, message],
      ...[shortProject(project), minute(last), group],
    ]),
    { terminal, cut: "message", droppable: ["project", "last", "what"] },
  );
}

async function show(place: Place, id: string, { json }: Json): Promise<number> {
  const state = await place.open({ reading: true, health: false });
  await untilCaughtUp(state, place);
  const found = await state.store.errorGroup(id);
  if (found === undefined) throw new TrestleError("not_found", `There is no error group ${id}.`);
  const error = await showGroup(state.store, found);
  if (json) printJson(place, { error });
  else place.terminal.print(toText(error));
  return EXIT.ok;
}

async function resolve(
  place: Place,
  group: string,
  { note, by = place.process.env.USER, reopen, json }: ResolveOptions,
): Promise<number> {
  const { error } = await ask<{ error: ShownGroup }>(place, resolveError, {
    ...{ group, note, by, reopen },
  });
  if (json) printJson(place, { error });
  else place.terminal.print(`${error.group}  ${error.status}: ${error.message}`);
  return EXIT.ok;
}

function toText(error: ShownGroup): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["kind", [error.class, error.type].filter(Boolean).join(", ")],
    ["where", [error.component, error.command].filter(Boolean).join(", ")],
    ["project", error.project],
    ["template", error.template],
    ["seen", `${error.count} times, ${minute(error.first)} to ${minute(error.last)}`],
    ["came back", error.regressions > 0 ? `${error.regressions} times` : undefined],
    ["note", error.note],
  ];
  return [
    `${error.group}  ${error.status}: ${error.message}`,
    ...facts.flatMap(([name, text]) => (text ? [`  ${name.padEnd(11)}${text}`] : [])),
    ...(error.evidence.length > 0 ? ["Seen at:"] : []),
    ...error.evidence.map(({ at, path, offset }) => `  ${minute(at)}  ${path} at byte ${offset}`),
  ].join("\n");
}
