import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf } from "./format.ts";
import { usage } from "./json-input.ts";
import { given, withExamples, withJson } from "./options.ts";

interface TuneOptions {
  readonly apply?: boolean;
  readonly json?: boolean;
}

export function addTune(cli: Cli): void {
  const command = cli.program
    .command("tune [keys...]")
    .description("what the history says of the configuration, and tools that nobody uses")
    .option("--apply", "write it into trestle.json: these keys, or all tuning");
  withExamples(withJson(command), [
    "trestle tune",
    "trestle tune --apply",
    "trestle tune --apply mcpServers.github.tools.deny",
  ]).action(runs(cli, tune));
}

async function tune(
  place: Place,
  keys: readonly string[],
  { apply, json }: TuneOptions,
): Promise<number> {
  const { terminal, config } = place;
  if (!apply && keys.length > 0) throw usage("Keys are named to be written: add --apply.");
  const paper = paperOf(terminal, config.env);
  if (apply) {
    const input = given({ keys: keys.length === 0 ? undefined : [...keys] });
    const answer = await askOperation("advice_apply", input, place);
    terminal.print(json ? JSON.stringify(answer, null, 2) : appliedOf(answer));
    return EXIT.ok;
  }
  const answer = await askOperation("advice", {}, place);
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, paper));
  return EXIT.ok;
}

function appliedOf(answer: JsonObject): string {
  const applied = objectsOf(answer.applied);
  if (applied.length === 0) return "There is nothing to change: the history says nothing else.";
  const lines = applied.map(({ key, value }) => `  ${text(key)} = ${text(value)}`);
  const backup = answer.backup === undefined ? [] : [`As it was: ${text(answer.backup)}`];
  const when = answer.in_effect === true ? "in effect" : "in effect when a bridge reads it";
  return [`Written to ${text(answer.file)}, ${when}:`, ...lines, ...backup].join("\n");
}

function describe(answer: JsonObject, paper: Paper): string {
  const tuning = objectsOf(answer.tuning);
  const unused = objectsOf(answer.usage);
  const parts = [
    ...tuning.map((each) => describeTuning(each, paper)),
    ...unused.map((each) => describeUnused(each, paper)),
    ...objectsOf(answer.autotuned).map(autotunedLine),
    ...(answer.usage_reason === undefined ? [] : [`Unused tools: ${text(answer.usage_reason)}`]),
  ];
  if (tuning.length === 0) parts.unshift("The history gives no reason to tune anything.");
  if (tuning.length > 0) parts.push("Write it into trestle.json: trestle tune --apply");
  if (unused.length > 0) parts.push("Of unused tools, name the key: trestle tune --apply KEY");
  return parts.join("\n\n");
}

function describeTuning({ key, from, to, evidence, patch }: JsonObject, paper: Paper): string {
  const before = from === undefined ? "not kept" : text(from);
  return [
    `${paper.paint("bold", text(key))}  ${before} → ${text(to)}`,
    `  ${text(evidence)}`,
    `  ${paper.paint("dim", text(patch))}`,
  ].join("\n");
}

function describeUnused({ key, evidence, tools }: JsonObject, paper: Paper): string {
  const names = objectsOf(tools).map(({ name, tokens }) => `${text(name)} (${text(tokens)})`);
  return [`${paper.paint("bold", text(key))}`, `  ${text(evidence)}`, `  ${names.join(", ")}`].join(
    "\n",
  );
}

function autotunedLine({ kind, server, tool, from, to, at }: JsonObject): string {
  const where = tool === undefined ? text(server) : `${text(server)}.${text(tool)}`;
  return `Tuned by itself: ${text(kind)} of ${where}, ${text(from)} → ${text(to)} (${text(at)})`;
}
