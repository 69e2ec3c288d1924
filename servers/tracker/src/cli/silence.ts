import { userInfo } from "node:os";
import { table } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { shownTime } from "../reports/time.ts";
import { type Json, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { minute, printJson } from "./show.ts";

const NOTHING = { reading: false, health: false };
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The commands by which nobody is told of some targets for a while. */
export function addSilence({ program, runs }: TrackerCli): void {
  const silence = program.command("silence").description("tell nobody of some targets for a while");
  withJson(silence.command("list").description("list what is silenced")).action(runs(list));
  withJson(
    silence
      .command("add")
      .description("alerts of these wait; who was told that one fires still hears of its end")
      .argument("<targets...>", "names, or patterns with *")
      .requiredOption("--for <time>", "30m, 2h or 1d", durationOf)
      .option("--reason <text>", "for whoever asks why"),
  ).action(runs(add));
  silence
    .command("remove")
    .description("tell again from now on")
    .argument("<id>", "as silence list names it")
    .action(runs(remove));
}

async function list(place: Place, { json }: Json): Promise<number> {
  const silences = await (await place.open(NOTHING)).health.silences.list();
  if (json) printJson(place, silences);
  else {
    const rows = silences.map(({ id, targets, until, by = "", reason = "" }) => [
      ...[id, targets.join(" "), minute(shownTime(until)), by, reason],
    ]);
    place.terminal.print(table(["id", "targets", "until", "by", "reason"], rows, place.terminal));
  }
  return EXIT.ok;
}

async function add(
  place: Place,
  targets: string[],
  { json, for: ms, reason }: Json & { readonly for: number; readonly reason?: string },
): Promise<number> {
  const { silences } = (await place.open(NOTHING)).health;
  const until = place.clock.now() + ms;
  const by = place.process.env.USER ?? userInfo().username;
  const made = await silences.add({ targets, until, by, ...(reason !== undefined && { reason }) });
  if (json) printJson(place, made);
  else place.terminal.print(`${made.id}: silent until ${minute(shownTime(until))}.`);
  return EXIT.ok;
}

async function remove(place: Place, id: string): Promise<number> {
  await (await place.open(NOTHING)).health.silences.remove(id);
  place.terminal.print("It is told of again.");
  return EXIT.ok;
}

function durationOf(text: string): number {
  const [, count, unit] = /^(\d{1,4})(m|h|d)$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined && Number(count) > 0) {
    return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  throw new TrestleError("invalid_input", `--for must be 30m, 2h or 1d, not "${text}".`);
}
