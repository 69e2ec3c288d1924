import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text, textOfResult } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { duration, paperOf, table } from "./format.ts";
import { readJsonFile, usage } from "./json-input.ts";
import { given, numberFor, withJson } from "./options.ts";

interface BatchOptions {
  readonly json?: boolean;
  readonly concurrency?: number;
  readonly stopOnError?: boolean;
}

export function addBatch(cli: Cli): void {
  const command = cli.program
    .command("batch <file>")
    .description("call several tools: a JSON file with a list of { tool, arguments }, or -")
    .option("--concurrency <count>", "calls at a time (5)", numberFor("--concurrency"))
    .option("--stop-on-error", "begin nothing any more once a call has failed");
  withJson(command).action(runs(cli, batch));
}

/** Exit code 1 where any call failed. */
async function batch(place: Place, file: string, options: BatchOptions): Promise<number> {
  const { terminal, config } = place;
  const asked = inputOf(await readJsonFile(file, terminal));
  const { concurrency, stopOnError } = options;
  const input = { ...asked, ...given({ concurrency, stop_on_error: stopOnError }) };
  const answer = await askOperation("batch", input, place);
  if (options.json) terminal.print(JSON.stringify(answer, null, 2));
  else terminal.print(tableOf(answer, objectsOf(input.calls), paperOf(terminal, config.env)));
  return answer.failed === 0 ? EXIT.ok : EXIT.failed;
}

function inputOf(value: JsonValue): JsonObject {
  if (Array.isArray(value)) return { calls: value };
  if (isJsonObject(value)) return value;
  throw usage(
    'A batch is a JSON list of calls, like [{"tool": "database.run_sql", "arguments": {}}].',
  );
}

function tableOf(
  answer: JsonObject,
  calls: readonly JsonObject[],
  paper: ReturnType<typeof paperOf>,
): string {
  const rows = objectsOf(answer.results).map((each, index) => [
    text(each.id),
    nameOf(calls[index]),
    each.success
      ? { text: "ok", style: "green" as const }
      : { text: "FAILED", style: "red" as const },
    duration(each.duration_ms),
    each.success ? textOfResult(objectOf(each.result)) : text(objectOf(each.error).message),
  ]);
  const columns = [
    { title: "#" },
    { title: "TOOL" },
    { title: "" },
    { title: "TOOK", align: "right" as const },
    { title: "ANSWER", flexible: true },
  ];
  return `${table(columns, rows, paper)}\n\n${text(answer.succeeded)} ok, ${text(answer.failed)} failed`;
}

function nameOf({ server, tool }: JsonObject = {}): string {
  return server === undefined ? text(tool) : `${text(server)}.${text(tool)}`;
}
