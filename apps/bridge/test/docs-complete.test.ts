import { readdirSync, readFileSync } from "node:fs";
import { ERROR_CODES, isJsonObject, type JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { objectOf } from "../src/cli/data.ts";
import { EXIT, exitCodeOf } from "../src/cli/exit-code.ts";
import { ALERT_KINDS } from "../src/config/alert-rules.ts";
import { configJsonSchema } from "../src/config/json-schema.ts";
import { PAGES } from "../src/inbound/rest/pages.ts";
import { ROUTES } from "../src/inbound/rest/routes.ts";
import { OPERATIONS } from "../src/operations/index.ts";
import ownTools from "../src/tools/own-tools.json" with { type: "json" };
import { commandsTable, partOf, policiesTable } from "./_docs-tables.ts";

/** Whatever people can write or ask for stands in the documentation. */

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const pages = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md"));
const everything = pages.map((name) => read(`docs/${name}`)).join("\n");

test("docs/cli.md lists every command with its options as they are: `_docs-tables.ts` writes it", () => {
  expect(partOf(read("docs/cli.md"), "commands")).toBe(commandsTable());
});

test("docs/configuration.md lists the policies of a server as they are: `_docs-tables.ts` writes it", () => {
  expect(partOf(read("docs/configuration.md"), "policies")).toBe(policiesTable());
});

test("every key that a configuration may have is named in docs/configuration.md, or where that leads", () => {
  const page = read("docs/configuration.md");
  const linked = [...page.matchAll(/\]\(([\w-]+\.md)/g)].map(([, name]) => `docs/${name}`);
  const text = [page, ...[...new Set(linked)].map(read)].join("\n");
  const missing = keysOf(configJsonSchema() as JsonObject).filter(
    ({ name }) => !new RegExp(`[\`".]${name}[\`":.}, ]`).test(text),
  );
  expect(missing.map(({ path }) => path)).toEqual([]);
});

/** Of the system and of the hosts whose files are read: nothing of them is ours to say. */
const OF_OTHERS = new Set([
  ...["APPDATA", "HOME", "LOCALAPPDATA", "PATH", "SYSTEMROOT", "TERM", "USERPROFILE"],
  ...["CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"],
]);

test("docs/configuration.md names every variable of the environment that the bridge reads", () => {
  const [, section = ""] =
    /\n## Environment\n([\s\S]*?)(?=\n## |$)/.exec(read("docs/configuration.md")) ?? [];
  const names = sourcesIn(new URL("apps/bridge/src/", root)).flatMap((source) => [
    ...[...source.matchAll(/\benv\.([A-Z][A-Z0-9_]{2,})\b/g)].map(([, name = ""]) => name),
    ...[...source.matchAll(/\bread\(env, "([A-Z0-9_]+)"/g)].map(([, name = ""]) => name),
    ...[...source.matchAll(/\b([A-Z][A-Z0-9_]{2,})(?:: \w+)?[^}]*\} = [\w.]*env;/g)].map(
      ([, name = ""]) => name,
    ),
  ]);
  expect(names).toContain("MCP_MAX_RETRIES");
  const missing = [...new Set(names)].filter(
    (name) => !OF_OTHERS.has(name) && !section.includes(name),
  );
  expect(missing).toEqual([]);
});

test("docs/cli.md says with which code a command ends, by the code of what went wrong", () => {
  const page = read("docs/cli.md");
  const rows = new Map(
    [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, words = ""]) => [
      Number(code),
      words,
    ]),
  );
  for (const code of [...ERROR_CODES, "unauthenticated"]) {
    const exit = exitCodeOf(Object.assign(new Error(), { code }));
    const named = [...rows].filter(([, words]) => words.includes(`\`${code}\``));
    expect([code, named.map(([at]) => at)]).toEqual([code, exit === EXIT.failed ? [] : [exit]]);
  }
});

test("every operation has an endpoint, and whatever else answers over HTTP is named", () => {
  const asked = new Set(ROUTES.map(({ operation }) => operation));
  expect(OPERATIONS.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([]);
  const named = (path: string) =>
    everything.includes(`GET ${path}`) || everything.includes(`/${path}`);
  expect(PAGES.map(({ path }) => path).filter((path) => !named(path))).toEqual([]);
});

test("the bridge's own tools, kinds of alerts and codes of errors are named", () => {
  const tools = ownTools.map(({ definition }) => definition.name);
  const names = [...tools, ...ALERT_KINDS, ...ERROR_CODES];
  expect(names.filter((name) => !everything.includes(`\`${name}\``))).toEqual([]);
});

/** The names of all properties of a JSON Schema, each definition once. */
function keysOf(schema: JsonObject): { readonly name: string; readonly path: string }[] {
  const definitions = objectOf(schema.$defs);
  const seen = new Set<string>();
  const found: { name: string; path: string }[] = [];
  function walk(node: JsonObject, path: string): void {
    if (typeof node.$ref === "string") {
      const name = node.$ref.replace("#/$defs/", "");
      if (seen.has(name)) return;
      seen.add(name);
      walk(objectOf(definitions[name]), path);
    }
    for (const [name, each] of Object.entries(objectOf(node.properties))) {
      if (name !== "$schema") found.push({ name, path: `${path}.${name}` });
      walk(objectOf(each), `${path}.${name}`);
    }
    for (const word of ["anyOf", "oneOf", "allOf"]) {
      const all = node[word];
      for (const each of Array.isArray(all) ? all : []) walk(objectOf(each), path);
    }
    if (isJsonObject(node.items)) walk(node.items, `${path}[]`);
    if (isJsonObject(node.additionalProperties)) walk(node.additionalProperties, `${path}.*`);
  }
  walk(schema, "");
  return found;
}

function sourcesIn(folder: URL): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/(?:\.test\.ts|(?:^|\/)_[^/]*)$/.test(name))
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .map((text) => text.replace(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, ""));
}
