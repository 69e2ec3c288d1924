import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { reasonOf, stepsTable } from "./chain-steps.ts";
import { testChain } from "./chain-test.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { duration, type Paper, paperOf, table } from "./format.ts";
import { readJsonFile, readPairs, usage } from "./json-input.ts";
import { given, withJson } from "./options.ts";

interface ChainOptions {
  readonly json?: boolean;
  readonly input: readonly string[];
  readonly dryRun?: boolean;
  readonly mermaid?: boolean;
  readonly test?: string | true;
}

export function addChain(cli: Cli): void {
  const command = cli.program
    .command("chain <file>")
    .description("run a chain of tool calls: a JSON file with { steps }, or -")
    .option("--input <name=value>", "a value for a declared input; may be repeated", collect, [])
    .option("--dry-run", "say what would be called, and call nothing")
    .option("--mermaid", "print a drawing of the chain, and call nothing")
    .option("--test [fixture]", "compare it with the record it was made of, and call nothing");
  withJson(command).action(runs(cli, chain));
}

function collect(word: string, before: readonly string[]): string[] {
  return [...before, word];
}

/** Exit code 1 where the chain did not succeed. */
async function chain(place: Place, file: string, options: ChainOptions): Promise<number> {
  const { terminal, config } = place;
  const definition = await readJsonFile(file, terminal);
  if (!isJsonObject(definition)) {
    throw usage(
      'A chain is a JSON object, like {"name": "daily", "steps": [{"server": "…", "tool": "…"}]}.',
    );
  }
  if (options.test !== undefined) {
    return testChain(place, { definition, file, fixture: options.test, json: options.json });
  }
  const values = valuesOf(options.input, definition);
  const dryRun = options.dryRun || options.mermaid;
  const control = given({ values, dry_run: dryRun, mermaid: options.mermaid });
  const answer = await askOperation("run_chain", { ...definition, ...control }, place, {
    noServers: dryRun === true,
  });
  const paper = paperOf(terminal, config.env);
  if (options.json) terminal.print(JSON.stringify(answer, null, 2));
  else if (options.mermaid) terminal.print(text(answer.mermaid).trimEnd());
  else terminal.print(options.dryRun ? planOf(answer, paper) : answerOf(answer, paper));
  if (answer.success !== false) return EXIT.ok;
  terminal.warn(`The chain failed. What happened: trestle why ${text(answer.execution_id)}`);
  return EXIT.failed;
}

/** An input that is declared as a text stays one, even if it reads as a number. */
function valuesOf(words: readonly string[], definition: JsonObject): JsonObject | undefined {
  if (words.length === 0) return undefined;
  const isText = ([, value]: [string, unknown]): boolean => typeof value === "string";
  const texts = Object.entries(objectOf(definition.input)).filter(isText);
  return readPairs(words, {
    ...Object.fromEntries(texts.map(([name]) => [name, { type: "string" }])),
    ...objectOf(objectOf(definition.inputSchema).properties),
  });
}

function answerOf(answer: JsonObject, paper: Paper): string {
  const ofStep = (step: JsonObject) => (step.success ? text(step.result) : reasonOf(step));
  const answers = { title: "ANSWER", flexible: true, of: ofStep };
  const { chain_name, outcome, completed_steps, total_steps, total_duration_ms } = answer;
  const sum = `${text(chain_name)} ${text(outcome)}: ${text(completed_steps)} of ${text(total_steps)} steps in ${duration(total_duration_ms)}`;
  return `${stepsTable(objectsOf(answer.steps), [answers], paper)}\n\n${sum}`;
}

/** What would be called, and what each step waits for. */
function planOf(plan: JsonObject, paper: Paper): string {
  const rows = objectsOf(plan.steps).map((step) => [
    text(step.id),
    `${text(step.server)}.${text(step.tool)}`,
    Array.isArray(step.waits_for) ? step.waits_for.join(", ") : "",
    text(step.arguments),
  ]);
  const columns = [
    { title: "STEP" },
    { title: "TOOL" },
    { title: "WAITS FOR" },
    { title: "ARGUMENTS", flexible: true },
  ];
  return `${table(columns, rows, paper)}\n\nNothing was called.`;
}
