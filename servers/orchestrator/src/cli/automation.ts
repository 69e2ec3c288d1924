import { table } from "@trestle/cli";
import { EXIT, messageOf, TrestleError } from "@trestle/protocol";
import type * as z from "zod";
import { scheduleInput } from "../schedules/schedule.ts";
import { triggerInput } from "../triggers/trigger.ts";
import {
  type JsonOption,
  type OrchestratorCli,
  type Place,
  printJson,
  readObject,
} from "./place.ts";

interface ScheduleOptions extends JsonOption {
  readonly cron: string;
  readonly timeZone?: string;
  readonly catchUp?: string;
  readonly input?: string;
  readonly disabled?: boolean;
}

interface TriggerOptions extends JsonOption {
  readonly topic?: string;
  readonly match?: string;
  readonly webhook?: string;
  readonly input?: string;
}

/** The commands for what runs workflows by itself. */
export function addAutomation({ program, runs }: OrchestratorCli): void {
  const schedules = program.command("schedules").description("run workflows at times");
  const json = ["--json", "print the answer as JSON"] as const;
  schedules
    .command("list")
    .description("list schedules")
    .option(...json)
    .action(runs(list));
  schedules
    .command("set")
    .description("set a schedule; the same id replaces it")
    .argument("<id>")
    .argument("<workflow>")
    .requiredOption("--cron <expression>", "minute hour day month weekday: '0 8 * * 1-5'")
    .option("--time-zone <name>", "such as Europe/Lisbon; UTC where left out")
    .option("--catch-up <policy>", "of missed times: skip, once or all")
    .option("--input <json>", "of the workflow: JSON, @file, or - for stdin")
    .option("--disabled", "keep it, and do not run it")
    .option(...json)
    .action(runs(set));
  schedules
    .command("delete")
    .description("take a schedule away")
    .argument("<id>")
    .action(
      runs(({ workflows, caller, terminal }: Place, id: string) =>
        gone(terminal, id, workflows.removeSchedule(id, caller)),
      ),
    );
  const triggers = program.command("triggers").description("run workflows by what happens");
  triggers
    .command("list")
    .description("list triggers")
    .option(...json)
    .action(runs(listTriggers));
  triggers
    .command("set")
    .description("set a trigger; the same id replaces it")
    .argument("<id>")
    .argument("<workflow>")
    .option("--topic <name>", "events of the host under this topic")
    .option("--match <json>", "fields that an event must have")
    .option("--webhook <signature>", "webhooks that are signed as trestle, github or standard")
    .option("--input <json>", "of the workflow: JSON, @file, or - for stdin")
    .option(...json)
    .action(runs(setTrigger));
  triggers
    .command("delete")
    .description("take a trigger away")
    .argument("<id>")
    .action(
      runs(({ workflows, caller, terminal }: Place, id: string) =>
        gone(terminal, id, workflows.removeTrigger(id, caller)),
      ),
    );
}

async function list(place: Place, { json }: JsonOption): Promise<number> {
  const all = await place.workflows.schedules(place.caller);
  if (json) printJson(place, all);
  else
    place.terminal.print(
      table(
        ["id", "workflow", "cron", "time zone", "next", "last"],
        all.map(({ id, workflow, cron, timeZone, next, lastExecution, lastError }) => [
          ...[id, workflow, cron, timeZone, next ?? "never", lastError ?? lastExecution ?? ""],
        ]),
        place.terminal,
      ),
    );
  return EXIT.ok;
}

async function set(
  place: Place,
  id: string,
  workflow: string,
  { cron, timeZone, catchUp, disabled, input, json }: ScheduleOptions,
): Promise<number> {
  const given = {
    ...{ id, workflow, cron, timeZone, catchUp, enabled: !disabled },
    ...(input === undefined ? {} : { input: await readObject(place, input, "--input") }),
  };
  const made = await place.workflows.setSchedule(check(scheduleInput, given), place.caller);
  if (json) printJson(place, made);
  else place.terminal.print(`${id} runs ${workflow} next at ${made.next ?? "no time"}`);
  return EXIT.ok;
}

async function listTriggers(place: Place, { json }: JsonOption): Promise<number> {
  const all = await place.workflows.triggers(place.caller);
  if (json) printJson(place, all);
  else
    place.terminal.print(
      table(
        ["id", "workflow", "by", "last"],
        all.map(({ id, workflow, event, path, lastExecution, lastError }) => [
          ...[id, workflow, event?.topic ?? path ?? "", lastError ?? lastExecution ?? ""],
        ]),
        place.terminal,
      ),
    );
  return EXIT.ok;
}

async function setTrigger(
  place: Place,
  id: string,
  workflow: string,
  { topic, match, webhook, input, json }: TriggerOptions,
): Promise<number> {
  const given = {
    ...{ id, workflow },
    ...(input === undefined ? {} : { input: await readObject(place, input, "--input") }),
    ...(topic === undefined
      ? {}
      : {
          event: { topic, ...(match ? { match: await readObject(place, match, "--match") } : {}) },
        }),
    ...(webhook === undefined ? {} : { webhook: { signature: webhook } }),
  };
  const made = await place.workflows.setTrigger(check(triggerInput, given), place.caller);
  const { path, webhook: hook } = made;
  if (json) printJson(place, made);
  else if (path === undefined) place.terminal.print(`${id} runs ${workflow} by ${topic}`);
  else
    place.terminal.print(
      `${id} runs ${workflow} by POST ${path}\nsecret, shown this once: ${hook?.secret}`,
    );
  return EXIT.ok;
}

async function gone(
  terminal: Place["terminal"],
  id: string,
  removing: Promise<boolean>,
): Promise<number> {
  const wasThere = await removing;
  terminal.print(wasThere ? `${id} is deleted.` : `There is no "${id}".`);
  return wasThere ? EXIT.ok : EXIT.failed;
}

function check<Shape extends z.ZodType>(shape: Shape, given: unknown): z.output<Shape> {
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const problem = issue ? `${issue.path.join(".")}: ${issue.message}` : messageOf(parsed.error);
  throw new TrestleError("invalid_input", problem);
}
