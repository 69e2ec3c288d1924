import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, type Paper, paperOf, table } from "./format.ts";
import { usage } from "./json-input.ts";
import { given, lengthOf, withExamples, withJson } from "./options.ts";

interface KeysOptions {
  readonly json?: boolean;
  readonly state?: string;
}

interface CreateOptions extends KeysOptions {
  readonly scope: readonly string[];
  readonly expires?: string;
  readonly limit?: string;
  readonly profile?: string;
}

export function addKeys(cli: Cli): void {
  const keys = cli.program
    .command("keys")
    .description("list, make, rotate and revoke API keys")
    .option("--state <word>", "only those that are valid, expired or revoked");
  withJson(withExamples(keys, EXAMPLES)).action(runs(cli, list));
  const own = <Options extends KeysOptions>(options: Options): Options => ({
    ...options,
    ...keys.opts<KeysOptions>(),
  });
  const create = keys
    .command("create <name>")
    .description("make a key; its text is shown once")
    .option("--scope <scope>", "SERVER:TOOL[:read|write]; may be given again", collect, [])
    .option("--expires <when>", "an ISO 8601 time, or after a while such as 12h, 90d")
    .option("--limit <calls/window>", "calls in a window, such as 20/1m")
    .option("--profile <name>", "the profile of the catalog that its holder is shown");
  withJson(withExamples(create, CREATE_EXAMPLES)).action(
    runs(cli, (place, name: string, options: CreateOptions) => make(place, name, own(options))),
  );
  const rotate = keys
    .command("rotate <id>")
    .description("give a key a new secret, which is shown once")
    .option("--overlap <while>", "how long the secret before is good, too (1d); 0s for not at all");
  withJson(withExamples(rotate, ["trestle keys rotate 0123456789ab --overlap 2h"])).action(
    runs(cli, (place, id: string, options: KeysOptions & { readonly overlap?: string }) =>
      renew(place, id, own(options)),
    ),
  );
  const revoke = keys.command("revoke <id>").description("end a key for good, at once");
  withJson(withExamples(revoke, ["trestle keys revoke 0123456789ab"])).action(
    runs(cli, (place, id: string, options: KeysOptions) => end(place, id, own(options))),
  );
}

const EXAMPLES = ["trestle keys", "trestle keys --state valid --json"];
const CREATE_EXAMPLES = [
  "trestle keys create ci --scope 'database:*:read' --expires 90d",
  "trestle keys create kiosk --scope 'database:run_sql' --limit 20/1m",
];

const NO_SERVERS = { noServers: true };

function collect(value: string, all: readonly string[]): string[] {
  return [...all, value];
}

async function list(place: Place, { json, state }: KeysOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("keys", given({ state }), place, NO_SERVERS);
  const facts = { paper: paperOf(terminal, config.env), now: terminal.clock.now() };
  terminal.print(json ? JSON.stringify(answer, null, 2) : keysTable(answer, facts));
  return EXIT.ok;
}

async function make(
  place: Place,
  name: string,
  { json, scope, expires, limit, profile }: CreateOptions,
): Promise<number> {
  const input = given({
    ...{ name, profile, limit: limitOf(limit) },
    scopes: scope.length === 0 ? undefined : [...scope],
    expires_at: expiryOf(expires, place.terminal.clock.now()),
  });
  // A profile is looked up in the configuration: a bridge of our own has it all, but starts no server.
  const answer = await askOperation("key_create", input, place, NO_SERVERS);
  return show(answer, place, json);
}

async function renew(
  place: Place,
  id: string,
  { json, overlap }: KeysOptions & { readonly overlap?: string },
): Promise<number> {
  const ms = overlap === undefined ? undefined : lengthOf(overlap, "--overlap");
  const overlap_s = ms === undefined ? undefined : Math.round(ms / 1_000);
  const answer = await askOperation("key_rotate", given({ id, overlap_s }), place, NO_SERVERS);
  return show(answer, place, json);
}

async function end(place: Place, id: string, { json }: KeysOptions): Promise<number> {
  const answer = await askOperation("key_revoke", { id }, place, NO_SERVERS);
  const said = `The key ${id} (${text(answer.name)}) is revoked.`;
  place.terminal.print(json ? JSON.stringify(answer, null, 2) : said);
  return EXIT.ok;
}

/** The key alone on stdout, so that a script can keep it; what is to be known of it on stderr. */
function show(answer: JsonObject, { terminal }: Place, json: boolean | undefined): number {
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  terminal.warn(`The key ${text(answer.id)} (${text(answer.name)}), shown this once:`);
  terminal.print(text(answer.key));
  if (answer.overlap_until !== undefined) {
    terminal.warn(`The secret before is good until ${text(answer.overlap_until)}.`);
  }
  terminal.warn("As long as there are keys, every caller over HTTP needs one.");
  return EXIT.ok;
}

function keysTable(
  answer: JsonObject,
  { paper, now }: { readonly paper: Paper; readonly now: number },
): string {
  const found = objectsOf(answer.keys);
  if (found.length === 0) return "No keys. Make one with `trestle keys create NAME`.";
  const columns = [
    { title: "ID" },
    { title: "NAME", flexible: true },
    { title: "STATE" },
    { title: "SCOPES", flexible: true },
    { title: "LIMIT" },
    { title: "MADE" },
    { title: "EXPIRES" },
  ];
  const rows = found.map((key) => [
    text(key.id),
    text(key.name),
    { text: text(key.state), style: key.state === "valid" ? ("green" as const) : ("dim" as const) },
    Array.isArray(key.scopes) ? key.scopes.join(", ") || "nothing" : "everything",
    limitText(key),
    ago(key.created_at, now),
    ago(key.expires_at, now),
  ]);
  return table(columns, rows, paper);
}

function limitText({ limit }: JsonObject): string {
  const { calls, window_ms } = objectOf(limit);
  return calls === undefined ? "" : `${text(calls)}/${Number(window_ms) / 1_000}s`;
}

/** `20/1m` */
function limitOf(words: string | undefined): JsonObject | undefined {
  if (words === undefined) return undefined;
  const [, calls, window] = /^(\d+)\/(\w+)$/.exec(words) ?? [];
  if (calls === undefined || window === undefined) {
    throw usage(`--limit is calls in a window, such as 20/1m, not "${words}".`);
  }
  return { calls: Number(calls), window_ms: lengthOf(window, "--limit") };
}

/** `90d` is so long from now; anything else is for the bridge to read. */
function expiryOf(words: string | undefined, now: number): string | number | undefined {
  return words !== undefined && /^\d+[smhdw]$/.test(words)
    ? now + lengthOf(words, "--expires")
    : words;
}
