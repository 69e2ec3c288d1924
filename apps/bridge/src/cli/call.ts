import type { JsonObject } from "@trestle/protocol";
import { withBridge } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, textOfResult } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { arePairs, readArguments } from "./json-input.ts";
import { given, numberFor, withJson } from "./options.ts";

interface CallOptions {
  readonly json?: boolean;
  /** False with `--no-cache`. */
  readonly cache: boolean;
  readonly cacheTtl?: number;
  readonly timeout?: number;
  readonly retries?: number;
}

export function addCall(cli: Cli): void {
  const command = cli.program
    .command("call <tool> [arguments...]")
    .description("call one tool: SERVER.TOOL '{json}', @file, - or key=value pairs")
    .option("--no-cache", "ask the server, whatever the cache holds")
    .option("--cache-ttl <seconds>", "keep the answer so long", numberFor("--cache-ttl"))
    .option("--timeout <seconds>", "for the whole call, retries included", numberFor("--timeout"))
    .option("--retries <count>", "fewer retries than are configured", numberFor("--retries"));
  withJson(command).addHelpText("after", EXAMPLES).action(runs(cli, call));
}

const EXAMPLES = `
Examples:
  trestle call database.run_sql '{"sql": "select 1"}'
  trestle call database.run_sql sql='select 1'
  trestle call database.run_sql @query.json
  echo '{"sql": "select 1"}' | trestle call database.run_sql -

Exit codes: 0 the tool answered, 1 it failed, 2 wrong usage, 69 no bridge or server, 77 not allowed.`;

async function call(
  place: Place,
  tool: string,
  words: readonly string[],
  options: CallOptions,
): Promise<number> {
  const { terminal } = place;
  // Without pairs nothing has to be asked of the tool first, and what is wrong is told before anything starts.
  const early = arePairs(words)
    ? undefined
    : await readArguments(words, terminal, async () => ({}));
  const answer = await withBridge(place, async (ask) => {
    const schemaOf = async () => objectOf((await ask("describe_tool", { tool })).input_schema);
    const args = early ?? (await readArguments(words, terminal, schemaOf));
    return ask("call_tool", { tool, arguments: args, ...controlOf(options) });
  });
  const result = objectOf(answer.result);
  terminal.print(options.json ? JSON.stringify(answer, null, 2) : textOfResult(result));
  if (result.isError !== true) return EXIT.ok;
  const { execution_id } = objectOf(answer.metadata);
  terminal.warn(`${tool} reports an error. What happened: trestle why ${String(execution_id)}`);
  return EXIT.failed;
}

function controlOf({ cache, cacheTtl, timeout, retries }: CallOptions): JsonObject {
  return given({
    use_cache: cache ? undefined : false,
    cache_ttl: cacheTtl,
    timeout,
    retries,
  });
}
