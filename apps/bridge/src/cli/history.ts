import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { executionsTable } from "./executions.ts";
import { EXIT } from "./exit-code.ts";
import { paperOf } from "./format.ts";
import { given, numberFor, placeFor, readTime, withJson, withTimes } from "./options.ts";

interface HistoryOptions {
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly outcome?: string;
  readonly principal?: string;
  readonly limit?: number;
  readonly before?: number | string;
}

export function addHistory(cli: Cli): void {
  const command = cli.program
    .command("history")
    .description("list the calls that were made, the newest first")
    .option("--server <id>", "only of this server")
    .option("--tool <name>", "only of this tool")
    .option("--outcome <word>", "only success, tool_error, error, outcome_unknown or started")
    .option("--principal <id>", "only of this caller")
    .option("--limit <count>", "at most so many (20)", numberFor("--limit"))
    .option("--before <place>", "the page after the one that ended here", placeFor("--before"));
  withJson(withTimes(command)).action(runs(cli, history));
}

const USUAL_LIMIT = 20;

async function history(place: Place, { json, ...options }: HistoryOptions): Promise<number> {
  const { terminal, config } = place;
  const now = terminal.clock.now();
  const { from, to, limit = USUAL_LIMIT, ...filter } = options;
  const input = given({ ...filter, limit, from: readTime(from, now), to: readTime(to, now) });
  const noServers = filter.tool === undefined;
  const answer = await askOperation("history", input, place, { noServers });
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  const executions = objectsOf(answer.executions);
  if (executions.length === 0) {
    terminal.print("No calls: none was made yet, or none fits.");
    return EXIT.ok;
  }
  terminal.print(executionsTable(executions, { paper: paperOf(terminal, config.env), now }));
  if (answer.problem !== undefined) terminal.warn(text(answer.problem));
  if (answer.next !== undefined) {
    terminal.print(`\nOlder ones: add --before ${text(answer.next)}`);
  }
  return EXIT.ok;
}
