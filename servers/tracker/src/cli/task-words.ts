import { EXIT, TrestleError } from "@trestle/protocol";
import type { Command } from "commander";
import { counted } from "../reports/clip.ts";
import { evidenceOfTask, type ShownTask, showTask } from "../reports/unfinished-tasks.ts";
import { updateTask } from "../tools/update-task.ts";
import { ask } from "./ask.ts";
import { untilCaughtUp } from "./catching-up.ts";
import { type Json, numberFor, oneOf, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { minute, printJson } from "./show.ts";

interface Said extends Json {
  readonly note?: string;
  readonly by?: string;
}

const STATUSES = ["open", "in_progress", "blocked", "done", "abandoned", "superseded"] as const;
/** Takes a person's word back. */
const NONE = "none";
const MOST_EVIDENCE = 20;

/** What a person can say of one task: it wins over what sessions say. */
export function addTaskWords(tasks: Command, { runs }: TrackerCli): void {
  const say = (
    name: string,
    description: string,
    words: readonly (readonly [string, string])[],
  ) => {
    const command = tasks.command(name).description(description).argument("<id>", "the task");
    for (const [word, meaning] of words) command.argument(word, meaning);
    return withJson(command.option("--by <name>", "who says so; by default the user's name"));
  };
  withJson(
    tasks
      .command("show")
      .description("tell all that is known of one task, and where it was said")
      .argument("<id>", "the task"),
  ).action(runs(show));
  say("done", "it is done", [])
    .option("--note <text>", "what else there is to say")
    .action(
      runs((place: Place, id: string, { note, ...options }: Said) =>
        change(place, id, { status: "done", note }, options),
      ),
    );
  say("status", "no later session changes it", [
    ["<status>", `${STATUSES.join(", ")}; none takes your word back`],
  ])
    .option("--note <text>", "what else there is to say")
    .action(
      runs((place: Place, id: string, status: string, { note, ...options }: Said) => {
        const word = oneOf("The status", [...STATUSES, NONE]);
        return change(place, id, { status: orNull(word(status)), note }, options);
      }),
    );
  say("priority", "say how urgent it is", [
    ["<priority>", "0 to 100, 100 the most urgent; none takes your word back"],
  ]).action(
    runs((place: Place, id: string, text: string, options: Said) => {
      const number = numberFor("The priority", { least: 0, most: 100 });
      return change(place, id, { priority: text === NONE ? null : number(text) }, options);
    }),
  );
  for (const [name, field, description] of [
    ["note", "note", "add what else there is to say"],
    ["assign", "owner", "say who does it"],
    ["rename", "subject", "give it a better name"],
  ] as const) {
    say(name, description, [["<words...>", "none takes your word back"]]).action(
      runs((place: Place, id: string, words: string[], options: Said) =>
        change(place, id, { [field]: orNull(words.join(" ")) }, options),
      ),
    );
  }
  say("merge", "it is the same as another task: its facts go there", [
    ["<into>", "the other one"],
  ]).action(
    runs((place: Place, id: string, mergeInto: string, options: Said) =>
      change(place, id, { mergeInto }, options),
    ),
  );
}

function orNull(word: string): string | null {
  return word === NONE ? null : word;
}

async function change(
  place: Place,
  id: string,
  said: Readonly<Record<string, string | number | null | undefined>>,
  { by, json }: Said,
): Promise<number> {
  const who = by ?? place.process.env.USER;
  const args = { ...said, id, by: who };
  const { task } = await ask<{ task: ShownTask }>(place, updateTask, args);
  if (json) printJson(place, { task });
  else
    place.terminal.print(
      `${task.id}  ${task.status}, priority ${Math.round(task.priority)}: ${task.subject}`,
    );
  return EXIT.ok;
}

async function show(place: Place, id: string, { json }: Json): Promise<number> {
  const state = await place.open({ reading: true, health: false });
  await untilCaughtUp(state, place);
  const known = await state.store.task(id);
  if (known === undefined) throw new TrestleError("not_found", `There is no task ${id}.`);
  const evidence = await evidenceOfTask(state.store, known.id, MOST_EVIDENCE);
  const { chance } = await state.forecasts.ofTasks();
  const told = chance(known);
  const task = showTask(known, {
    ...{ now: place.clock.now(), evidence },
    ...(told !== undefined && { chance: told }),
  });
  if (json) printJson(place, { task });
  else place.terminal.print(toText(task));
  return EXIT.ok;
}

function toText(task: ShownTask): string {
  const why = Object.entries(task.why).map(([term, value]) => `${term} ${value}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["project", task.project],
    [
      "status",
      `${task.status}, named by ${task.source}, ${Math.round(task.confidence * 100)} % sure`,
    ],
    ["priority", `${task.priority}${why.length > 0 ? ` = ${why.join(" + ")}` : ""}`],
    ["owner", task.owner],
    ["note", task.note],
    ["blocked by", task.blockedBy.join(", ") || undefined],
    ["chance", task.chance === undefined ? undefined : `${task.chance} within a week`],
    ["created", minute(task.created)],
    ["updated", `${minute(task.updated)}, by ${counted(task.sessions, "session")}`],
  ];
  return [
    `${task.id}  ${task.subject}`,
    ...(task.description === undefined ? [] : [task.description]),
    ...facts.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(11)}${text}`])),
    ...(task.evidence.length > 0 ? ["Said at:"] : []),
    ...task.evidence.map(({ at, path, offset }) => `  ${minute(at)}  ${path} at byte ${offset}`),
  ].join("\n");
}
