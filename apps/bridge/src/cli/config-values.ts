import type { JsonObject } from "@trestle/protocol";
import type { Command } from "commander";
import { typedText } from "../inbound/typed-text.ts";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf, table } from "./format.ts";
import { given, withExamples, withJson } from "./options.ts";

interface JsonOption {
  readonly json?: boolean;
}

export function addConfigValues(cli: Cli, config: Command): void {
  const get = config
    .command("get [key]")
    .description("what every key stands at, and where that comes from; without secrets");
  const getExamples = ["trestle config get", "trestle config get policy.retry --json"];
  withJson(withExamples(get, getExamples)).action(runs(cli, show));
  const set = config
    .command("set <key> <value>")
    .description("write one key into the configuration; the value as JSON, or as text");
  const setExamples = [
    "trestle config set policy.retry.retries 1",
    "trestle config set catalog.mode auto",
    `trestle config set access.localScopes '["database:*:read"]'`,
  ];
  withJson(withExamples(set, setExamples)).action(
    runs(cli, (place, key: string, value: string, options: JsonOption) =>
      change(place, { name: "config_set", input: { key, value: typedText(value) } }, options),
    ),
  );
  const unset = config
    .command("unset <key>")
    .description("take one key out of it: its default holds then");
  withJson(withExamples(unset, ["trestle config unset policy.retry.retries"])).action(
    runs(cli, (place, key: string, options: JsonOption) =>
      change(place, { name: "config_unset", input: { key } }, options),
    ),
  );
}

const NO_SERVERS = { noServers: true };

async function show(place: Place, key: string | undefined, { json }: JsonOption): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("config_get", given({ key }), place, NO_SERVERS);
  const page = () => keysTable(answer, paperOf(terminal, config.env));
  terminal.print(json ? JSON.stringify(answer, null, 2) : page());
  return EXIT.ok;
}

async function change(
  place: Place,
  { name, input }: { readonly name: string; readonly input: JsonObject },
  { json }: JsonOption,
): Promise<number> {
  const { terminal } = place;
  const answer = await askOperation(name, input, place, NO_SERVERS);
  for (const warning of Array.isArray(answer.warnings) ? answer.warnings : []) {
    terminal.warn(`warning: ${text(warning)}`);
  }
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else {
    const backup = answer.backup === undefined ? [] : [`  as it was: ${text(answer.backup)}`];
    terminal.print([`Changed ${text(answer.file)}`, ...backup].join("\n"));
  }
  return EXIT.ok;
}

function keysTable({ file, keys }: JsonObject, paper: Paper): string {
  const columns = [
    { title: "KEY" },
    { title: "VALUE", flexible: true },
    { title: "FROM", flexible: true },
  ];
  const rows = objectsOf(keys).map(({ key, value, source, where, pending }) => [
    text(key),
    pending === undefined ? text(value) : `${text(value)} (${text(pending)} after a restart)`,
    {
      text: where === undefined ? text(source) : text(where),
      ...(source === "default" ? { style: "dim" as const } : {}),
    },
  ]);
  const head = file === undefined ? "No configuration file: the defaults hold." : text(file);
  return [head, "", table(columns, rows, paper)].join("\n");
}
