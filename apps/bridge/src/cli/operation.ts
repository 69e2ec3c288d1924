import { isJsonObject, type JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { findOperation } from "../inbound/find-operation.ts";
import { OPERATIONS } from "../operations/index.ts";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { paperOf, table } from "./format.ts";
import { readArguments } from "./json-input.ts";
import { withExamples, withJson } from "./options.ts";

interface OperationOptions {
  readonly json?: boolean;
}

/** Whatever can be asked of the bridge over REST can be asked here, whether it has a command of its own or not. */
export function addOperation(cli: Cli): void {
  const command = cli.program
    .command("operation [name] [arguments...]")
    .description("ask any operation of the bridge: '{json}', @file, - or key=value pairs");
  withJson(
    withExamples(command, [
      "trestle operation",
      "trestle operation workflow_execute workflow=nightly-report",
      `trestle operation database_query '{"sql": "select 1"}' --json`,
    ]),
  ).action(
    runs(cli, (place, name: string | undefined, words: readonly string[], options) =>
      name === undefined ? list(place, options as OperationOptions) : ask(place, { name, words }),
    ),
  );
}

async function list({ terminal, config }: Place, { json }: OperationOptions): Promise<number> {
  const facts = OPERATIONS.map(({ name, needs, description }) => ({ name, needs, description }));
  if (json) terminal.print(JSON.stringify({ operations: facts }, null, 2));
  else {
    const columns = [{ title: "OPERATION" }, { title: "NEEDS" }, { title: "", flexible: true }];
    const rows = facts.map(({ name, needs, description }) => [name, needs, description]);
    terminal.print(table(columns, rows, paperOf(terminal, config.env)));
  }
  return EXIT.ok;
}

/** What it answers is for programs, with or without the option. */
async function ask(
  place: Place,
  { name, words }: { readonly name: string; readonly words: readonly string[] },
): Promise<number> {
  const { terminal } = place;
  const { input } = findOperation(name);
  const schemaOf = async () =>
    z.toJSONSchema(input, { io: "input", unrepresentable: "any" }) as JsonObject;
  const answer = await askOperation(name, await readArguments(words, terminal, schemaOf), place);
  terminal.print(JSON.stringify(answer, null, 2));
  return hasFailed(answer) ? EXIT.failed : EXIT.ok;
}

/** It was done, and it failed: a tool that reports an error, a chain that did not succeed. */
function hasFailed({ result, success }: JsonObject): boolean {
  return success === false || (isJsonObject(result) && result.isError === true);
}
