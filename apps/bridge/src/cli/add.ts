import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { holdsSecrets } from "../config/import/apply.ts";
import { replaceFile } from "../config/import/atomic-file.ts";
import { withServers } from "../config/import/bridge-file.ts";
import { faultOf, unsetVariables } from "../config/import/check-entry.ts";
import { thisMachine } from "../config/import/machine.ts";
import { isOwnEntry } from "../config/import/own-entry.ts";
import { tracesOf } from "../config/import/own-traces.ts";
import { PRESETS, type Preset } from "../config/import/presets.ts";
import { literalSecrets } from "../config/import/secrets.ts";
import { toId } from "../config/servers.ts";
import { OWN_SERVER } from "../tools/names.ts";
import type { Cli } from "./command.ts";
import { bridgeDifference, type Editing, edits, takesEffect } from "./config-file.ts";
import { EXIT } from "./exit-code.ts";
import { usage } from "./json-input.ts";
import { withJson } from "./options.ts";

interface AddOptions {
  readonly url?: string;
  readonly header: readonly string[];
  readonly env: readonly string[];
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addAdd(cli: Cli): void {
  const collect = (value: string, all: readonly string[]): string[] => [...all, value];
  const command = cli.program
    .command("add")
    .description(`add a server, or one of: ${Object.keys(PRESETS).join(", ")}`)
    .argument("<name>", "its server id, or the name of a preset")
    .argument("[command...]", "after --: the program that starts it, and its arguments")
    .option("--url <url>", "where it answers, instead of a command")
    .option("--header <key=value>", "a header to send; may be given again", collect, [])
    .option(
      "--env <key[=value]>",
      "a variable of its environment, without a value taken from the bridge's; may be given again",
      collect,
      [],
    )
    .option("--replace", "in the place of a server of that name")
    .option("--dry-run", "show what would be written; write nothing")
    .addHelpText("after", EXAMPLES);
  withJson(command).action(edits(cli, add));
}

const EXAMPLES = `
Examples:
  trestle add files -- npx -y @modelcontextprotocol/server-filesystem .
  trestle add search --url https://example.com/mcp --header 'Authorization=Bearer \${SEARCH_TOKEN}'
  trestle add github`;

function add(
  editing: Editing,
  name: string,
  words: readonly string[],
  options: AddOptions,
): number {
  const { terminal, file, config } = editing;
  checkName(name);
  const preset = words.length === 0 && options.url === undefined ? presetOf(name) : undefined;
  const entry = preset ? withOptions(preset.entry, options) : entryOf(words, options);
  checkEntry(entry, editing);
  const isKnown = isThere(name, entry, editing, options);
  if (options.json) return addAsked(editing, { name, entry, isKnown }, options);
  if (isKnown) {
    terminal.print(`"${name}" is in ${file.path} already, just so.`);
    return EXIT.ok;
  }
  const after = withServers(file, { add: { [name]: entry } });
  terminal.print(bridgeDifference(editing, after).join("\n"));
  if (options.dryRun) {
    terminal.print("\nNothing was written (--dry-run).");
    return EXIT.ok;
  }
  replaceFile(file.path, file.before, after, { isPrivate: holdsSecrets({ [name]: entry }) });
  terminal.print(`\nAdded "${name}". ${takesEffect(editing)}`);
  for (const { key, variable } of literalSecrets(name, entry)) {
    terminal.warn(
      `${key} stands in the file as it is, which only you can read; better: "\${${variable}}" and ${variable} in .env`,
    );
  }
  const missing = unsetVariables(entry, config.env).map((variable) => neededLine(variable, preset));
  const lines = [...missing, ...(preset ? presetLines(name, preset) : [])];
  if (lines.length > 0) terminal.print(lines.join("\n"));
  return EXIT.ok;
}

/** The same, told as JSON. */
function addAsked(
  { terminal, file, config }: Editing,
  asked: { readonly name: string; readonly entry: JsonObject; readonly isKnown: boolean },
  { dryRun = false }: AddOptions,
): number {
  const { name, entry, isKnown } = asked;
  const isWritten = !isKnown && !dryRun;
  if (isWritten) {
    const after = withServers(file, { add: { [name]: entry } });
    replaceFile(file.path, file.before, after, { isPrivate: holdsSecrets({ [name]: entry }) });
  }
  const answer = { file: file.path, added: name, written: isWritten };
  const needs = { needs: unsetVariables(entry, config.env) };
  terminal.print(JSON.stringify({ ...answer, ...needs }, null, 2));
  return EXIT.ok;
}

function checkName(name: string): void {
  if (name === OWN_SERVER) throw usage(`"${OWN_SERVER}" is the name of the bridge's own tools.`);
  if (toId(name) !== name) {
    throw usage(`"${name}" cannot be a server id ([a-z0-9-]{1,16}); "${toId(name)}" can.`);
  }
}

function checkEntry(entry: JsonObject, editing: Editing): void {
  const fault = faultOf(entry);
  if (fault !== undefined) throw usage(`The server cannot be added: ${fault}.`);
  const { config, cwd, terminal } = editing;
  const traces = tracesOf({ config, command: terminal.command }, thisMachine(config.env, cwd));
  if (isOwnEntry(entry, traces)) {
    throw usage("That is Trestle itself: a bridge behind itself would call itself for ever.");
  }
}

/** Throws where another server has the name, unless it is to be replaced. */
function isThere(name: string, entry: JsonObject, { file }: Editing, options: AddOptions): boolean {
  const { servers, before, path } = file;
  // What is served without a file may be replaced by it.
  const old = before === undefined ? undefined : servers[name];
  if (old === undefined) return false;
  if (JSON.stringify(old) === JSON.stringify(entry)) return true;
  if (options.replace) return false;
  throw usage(`"${name}" is in ${path} already. Take another name, or say --replace.`);
}

function presetOf(name: string): Preset {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (preset) return preset;
  const known = Object.keys(PRESETS).join(", ");
  throw usage(
    `"${name}" needs a command after --, or --url. Without them these are known: ${known}.`,
  );
}

function entryOf([command, ...args]: readonly string[], options: AddOptions): JsonObject {
  if (options.url === undefined) {
    const base: JsonObject = { command: command ?? "", ...(args.length > 0 && { args }) };
    return withOptions(base, options);
  }
  if (command !== undefined) throw usage("A server has a command or --url, not both.");
  return withOptions({ url: options.url }, options);
}

function withOptions(entry: JsonObject, { header, env }: AddOptions): JsonObject {
  if (env.length > 0 && entry.url !== undefined)
    throw usage("--env is for a server with a command.");
  if (header.length > 0 && entry.url === undefined)
    throw usage("--header is for a server with a URL.");
  const more = (key: "env" | "headers", pairs: readonly [string, string][]): JsonObject => {
    const before = entry[key];
    const given = Object.fromEntries(pairs);
    return pairs.length === 0
      ? {}
      : { [key]: { ...(isJsonObject(before) ? before : {}), ...given } };
  };
  return { ...entry, ...more("env", env.map(variableOf)), ...more("headers", header.map(pairOf)) };
}

/** `KEY=value`, or `KEY` alone for the value that the bridge's environment has. */
function variableOf(text: string): [string, string] {
  return /^[A-Za-z_]\w*$/.test(text) ? [text, `\${${text}}`] : pairOf(text);
}

/** `key=value`, or `Key: value` as headers are written. */
function pairOf(text: string): [string, string] {
  const [, key, value] = /^([^=:\s]+)(?:=|:\s*)(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    // The text may be a secret whose name was forgotten.
    throw usage("--env and --header take pairs: write key=value.");
  }
  return [key, value];
}

function neededLine(variable: string, preset: Preset | undefined): string {
  const what = preset?.needs.find(({ name }) => name === variable)?.what;
  const words = what === undefined ? variable : `${variable} (${what})`;
  return `Set ${words} in the environment or in .env beside the file.`;
}

function presetLines(name: string, { note, docs, kind, bindings }: Preset): string[] {
  const pairs = Object.entries(bindings).map(([word, tool]) => `  ${word} = ${name}.${tool}`);
  return [
    ...(note === undefined ? [] : [note]),
    ...(pairs.length > 0 ? [`What workflow templates ask of a ${kind} server:`, ...pairs] : []),
    `More: ${docs}`,
  ];
}
