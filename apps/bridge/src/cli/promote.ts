import { writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf, table } from "./format.ts";
import { usage } from "./json-input.ts";
import { given, withExamples, withJson } from "./options.ts";

interface PromoteOptions {
  readonly name?: string;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addPromote(cli: Cli): void {
  const command = cli.program
    .command("promote <calls...>")
    .description("make a chain of calls of the history: numbers such as 41..43, or execution ids")
    .option("--name <name>", "what the chain is called")
    .option("--out <file>", "where it is written (NAME.chain.json); its test goes beside it")
    .option("--dry-run", "show the chain, and write nothing");
  withExamples(withJson(command), [
    "trestle promote 41..43 --name daily",
    "trestle promote 41 44 --dry-run",
    "trestle chain daily.chain.json --test",
  ]).action(
    runs(cli, (place, calls: readonly string[], options: PromoteOptions) =>
      promote({ ...place, cwd: cli.parts.cwd }, calls, options),
    ),
  );
}

async function promote(
  place: Place & { readonly cwd: string },
  calls: readonly string[],
  { name, out, dryRun, json }: PromoteOptions,
): Promise<number> {
  const { terminal, config, cwd } = place;
  const answer = await askOperation("chain_promote", given({ calls: [...calls], name }), place);
  const files = filesFor(answer, cwd, out);
  if (!dryRun) write(answer, files);
  if (json) {
    terminal.print(JSON.stringify(dryRun ? answer : { ...answer, files: { ...files } }, null, 2));
    return EXIT.ok;
  }
  terminal.print(describe(answer, paperOf(terminal, config.env)));
  terminal.print(dryRun ? "\nNothing was written." : writtenOf(files));
  return EXIT.ok;
}

interface Files {
  readonly chain: string;
  readonly fixture: string;
}

function filesFor({ chain }: JsonObject, cwd: string, out: string | undefined): Files {
  const name = text(objectOf(chain).name).replaceAll(/[^\p{L}\p{N}_-]+/gu, "_");
  const file = out ?? `${name}.chain.json`;
  const path = isAbsolute(file) ? file : join(cwd, file);
  return { chain: path, fixture: fixtureBeside(path) };
}

/** Where the test of a chain is: `daily.fixture.json` beside `daily.chain.json`. */
export function fixtureBeside(file: string): string {
  return `${file.replace(/(?:\.chain)?\.json$/, "")}.fixture.json`;
}

/** Never over what is there. */
function write({ chain, fixture }: JsonObject, files: Files): void {
  const all = [
    [files.chain, chain],
    [files.fixture, fixture],
  ] as const;
  for (const [path, value] of all) {
    try {
      writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { flag: "wx" });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST") throw error;
      throw usage(`${path} is there already. Remove it, or choose --name or --out.`);
    }
  }
}

function writtenOf({ chain, fixture }: Files): string {
  return `\nThe chain: ${chain}\nIts test:  ${fixture}\nTry it:    trestle chain ${chain} --test`;
}

function describe(answer: JsonObject, paper: Paper): string {
  const { name, steps } = objectOf(answer.chain);
  const rows = objectsOf(steps).map((step, index) => [
    `step_${index + 1}`,
    `${text(step.server)}.${text(step.tool)}`,
    text(step.arguments),
  ]);
  const columns = [{ title: "STEP" }, { title: "TOOL" }, { title: "ARGUMENTS", flexible: true }];
  return [
    `${text(name)}: ${rows.length} steps`,
    table(columns, rows, paper),
    ...listOf("Inputs", objectsOf(answer.inputs).map(inputLine)),
    ...listOf("Could be otherwise", objectsOf(answer.choices).map(choiceLine)),
    ...listOf("Left out", objectsOf(answer.left_out).map(leftOutLine)),
    ...listOf("Note", Array.isArray(answer.notes) ? answer.notes.map(text) : []),
  ].join("\n\n");
}

function listOf(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [[title, ...lines.map((line) => `  ${line}`)].join("\n")];
}

function inputLine({ name, required }: JsonObject): string {
  return required === true ? `${text(name)} (must be given: it was not kept)` : text(name);
}

function choiceLine({ step, argument, value, taken, others }: JsonObject): string {
  const rest = Array.isArray(others) ? others.join(", ") : "";
  return `${text(step)}.${text(argument)} = ${text(value)}: ${text(taken)}; or ${rest}`;
}

function leftOutLine({ call, execution_id, why }: JsonObject): string {
  return `${text(call)} ${text(why)} (${text(execution_id)})`;
}
