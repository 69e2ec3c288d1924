import type { JsonObject } from "@trestle/protocol";
import { askOperation, withBridge } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text, textOfResult } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, paperOf, table } from "./format.ts";
import { arePairs, readArguments } from "./json-input.ts";
import { given, numberFor, withJson } from "./options.ts";

interface ReviewOptions {
  readonly json?: boolean;
  readonly state?: string;
  readonly limit?: number;
  readonly reason?: string;
  readonly acceptChanged?: boolean;
}

export function addReview(cli: Cli): void {
  const review = cli.program
    .command("review")
    .description("decide about failed calls that wait for a person");
  const listing = review
    .command("list")
    .description("those that wait; with --state the others")
    .option("--state <word>", "waiting, running, done, failed, unknown, rejected, expired, or all")
    .option("--limit <count>", "at most so many (50)", numberFor("--limit"));
  withJson(listing).action(runs(cli, list));
  withJson(review.command("show <id>").description("all that is known of one")).action(
    runs(cli, show),
  );
  const approving = review
    .command("approve <id>")
    .description("let it run, once, in its caller's name")
    .option("--accept-changed", "also where the tool has changed since");
  withJson(approving).action(
    runs(cli, (place, id: string, options: ReviewOptions) =>
      resolve(place, { id, decision: "approve" }, options),
    ),
  );
  const editing = review
    .command("edit <id> <arguments...>")
    .description("let it run with other arguments: '{json}', @file, - or key=value pairs")
    .option("--accept-changed", "also where the tool has changed since");
  withJson(editing).action(runs(cli, edit));
  const rejecting = review
    .command("reject <id>")
    .description("do not let it run")
    .option("--reason <text>", "why");
  withJson(rejecting).action(
    runs(cli, (place, id: string, options: ReviewOptions) =>
      resolve(place, { id, decision: "reject" }, options),
    ),
  );
}

async function list(
  place: Place,
  { json, state = "waiting", limit }: ReviewOptions,
): Promise<number> {
  const { terminal, config } = place;
  const input = given({ state: state === "all" ? undefined : state, limit });
  const answer = await askOperation("review_list", input, place, { noServers: true });
  const items = objectsOf(answer.items);
  const now = terminal.clock.now();
  const rows = items.map((item) => [
    text(item.id),
    text(item.state),
    `${text(item.server)}.${text(item.tool)}`,
    ago(item.created_at, now),
    text(item.message) || text(objectOf(item.error).message),
  ]);
  const columns = [
    { title: "ID" },
    { title: "STATE" },
    { title: "TOOL", flexible: true },
    { title: "SINCE" },
    { title: "WHY", flexible: true },
  ];
  const none = state === "waiting" ? "Nothing waits for a person." : "There are none.";
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else
    terminal.print(rows.length === 0 ? none : table(columns, rows, paperOf(terminal, config.env)));
  return EXIT.ok;
}

async function show(place: Place, id: string, { json }: ReviewOptions): Promise<number> {
  const item = await askOperation("review_get", { id }, place, { noServers: true });
  place.terminal.print(json ? JSON.stringify(item, null, 2) : describe(item, place));
  return EXIT.ok;
}

/** Pairs change what the call was made with; a JSON object takes its place. */
async function edit(
  place: Place,
  id: string,
  words: readonly string[],
  options: ReviewOptions,
): Promise<number> {
  const args = await withBridge(place, async (ask) => {
    const { server, tool, arguments: before } = await ask("review_get", { id });
    const schemaOf = async () =>
      objectOf((await ask("describe_tool", given({ server, tool }))).input_schema);
    const changes = await readArguments(words, place.terminal, schemaOf);
    return arePairs(words) ? { ...objectOf(before), ...changes } : changes;
  });
  return resolve(place, { id, decision: "approve", arguments: args }, options);
}

/** Exit code 1 where the call that was approved failed. */
async function resolve(
  place: Place,
  decision: JsonObject,
  { json, reason, acceptChanged }: ReviewOptions,
): Promise<number> {
  const input = { ...decision, ...given({ reason, accept_changed: acceptChanged }) };
  const noServers = decision.decision === "reject";
  const item = await askOperation("review_resolve", input, place, { noServers });
  place.terminal.print(json ? JSON.stringify(item, null, 2) : outcomeOf(item));
  return item.state === "done" || item.state === "rejected" ? EXIT.ok : EXIT.failed;
}

function outcomeOf(item: JsonObject): string {
  const what = `${text(item.server)}.${text(item.tool)}`;
  if (item.state === "rejected") return `Rejected: ${what} will not run.`;
  if (item.state === "done")
    return `Approved: ${what} ran.\n${textOfResult(objectOf(item.result))}`;
  const { code, message } = objectOf(item.run_error);
  const reason = message === undefined ? text(item.state) : `${text(code)}: ${text(message)}`;
  const unknown =
    item.state === "unknown" ? " It may have had effects: look before you repeat it." : "";
  return `Approved, and ${what} failed: ${reason}.${unknown}`;
}

function describe(item: JsonObject, { terminal }: Place): string {
  const now = terminal.clock.now();
  const error = objectOf(item.error);
  const lines: [string, string][] = [
    ["id", text(item.id)],
    ["state", text(item.state)],
    ["tool", `${text(item.server)}.${text(item.tool)}${item.read_only ? " (reads)" : ""}`],
    ["caller", text(item.principal)],
    ["since", `${ago(item.created_at, now)}, expires ${ago(item.expires_at, now)}`],
    ["why", text(item.message)],
    ["error", `${text(error.code)}: ${text(error.message)}`],
    ["effects", item.outcome_unknown ? "it may have had effects already" : "it had none"],
    ["execution", text(item.execution_id)],
    ["arguments", JSON.stringify(item.arguments ?? {})],
    ["edited", item.edited_arguments === undefined ? "" : JSON.stringify(item.edited_arguments)],
    [
      "decided",
      item.decided_by === undefined
        ? ""
        : `${ago(item.decided_at, now)} by ${text(item.decided_by)}`,
    ],
    ["reason", text(item.reason)],
  ];
  return lines
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `  ${name.padEnd(10)} ${value}`)
    .join("\n");
}
