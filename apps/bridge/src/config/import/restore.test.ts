import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseDocument } from "../document.ts";
import { applyImport } from "./apply.ts";
import { readBridgeFile } from "./bridge-file.ts";
import { hostsNamed } from "./hosts.ts";
import type { Machine } from "./machine.ts";
import { openOriginals } from "./originals.ts";
import { planImport } from "./plan.ts";
import { applyRestoring, planRestoring } from "./restore.ts";

let home: string;
let now = Date.UTC(2026, 0, 1);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "trestle-restore-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const folder = (): string => join(home, "kept");
const hostFile = (id: string): string => {
  const files = { cursor: ".cursor.json", codex: "config.toml" } as Record<string, string>;
  return join(home, files[id] ?? "");
};

/** The two ways of writing, each in a file of its own. */
function hostsOf(id: string) {
  return hostsNamed(id).map((host) => ({
    ...host,
    files: () =>
      host
        .files({ platform: "linux", env: { HOME: home }, cwd: home })
        .slice(0, 1)
        .map((file) => ({ ...file, path: hostFile(id) })),
  }));
}

function importFrom(id: string, until: "plan" | "end" = "end", config = "trestle.json") {
  const machine: Machine = { platform: "linux", env: { HOME: home }, cwd: home };
  const path = join(home, config);
  const plan = planImport({
    hosts: hostsOf(id),
    machine,
    bridge: readBridgeFile(path),
    traces: { command: ["trestle"], urls: [], otherUrls: [], localNames: [], machine },
    start: { command: "trestle", args: ["serve", "--stdio", "--config", path] },
    keepHosts: false,
    withProject: false,
    connect: true,
  });
  expect(plan.problems).toEqual([]);
  now += 1_000;
  if (until === "end") applyImport(plan, { folder: folder(), now });
  return plan;
}

function uninstall(id = "all") {
  const originals = openOriginals(folder());
  const restoring = planRestoring(originals.records, id);
  now += 1_000;
  for (const file of restoring.files) {
    if (file.after !== file.before) applyRestoring(file, { folder: folder(), now });
  }
  originals.write(restoring.left);
  return restoring;
}

const read = (path: string): string => readFileSync(path, "utf8");

const TEXTS: Record<string, string> = {
  cursor: `{ // mine
    "mcpServers": { "a": {"command": "a" }, /* b */ "b": {"command": "b", "env": {"K": "1"}} },
    "theme": "dark"
}`,
  codex: `theme = "dark" # mine\n\n# a\n[mcp_servers.a]\ncommand = 'a'\n\n[mcp_servers.b]\ncommand = "b"\nenv = { K = "1" }\n`,
};

test.each(["cursor", "codex"])("%s gets back what it had, to the character", (id) => {
  writeFileSync(hostFile(id), TEXTS[id] ?? "");
  importFrom(id);
  expect(read(hostFile(id))).toContain("trestle");
  expect(read(hostFile(id))).not.toMatch(/command\W+['"]a/);
  uninstall(id);
  expect(read(hostFile(id))).toBe(TEXTS[id]);
  expect(uninstall(id).files).toEqual([]);
});

test.each([
  ["cursor", "{}\n"],
  ["cursor", `{"theme":1}`],
  ["cursor", "\uFEFF{\r\n  // nothing yet\r\n}\r\n"],
  ["codex", ""],
  ["codex", 'theme = "dark"\r\n'],
])("%s that had no servers has none again: %j", (id, text) => {
  writeFileSync(hostFile(id), text);
  importFrom(id);
  expect(read(hostFile(id))).toContain("trestle");
  uninstall();
  expect(JSON.stringify(parsed(id))).toBe(JSON.stringify(parsed(id, text)));
  if (id === "codex") expect(read(hostFile(id))).toBe(text);
});

function parsed(id: string, text = read(hostFile(id))): unknown {
  const [host] = hostsOf(id);
  return host?.format === "toml" ? text : text.replaceAll(/\s|\/\/.*|\uFEFF/g, "");
}

test.each(["cursor", "codex"])("a file of %s that was not there is not there again", (id) => {
  importFrom(id);
  expect(existsSync(hostFile(id))).toBe(true);
  uninstall();
  expect(existsSync(hostFile(id))).toBe(false);
  importFrom(id);
  const text = read(hostFile(id));
  const more = id === "codex" ? `theme = 1\n${text}` : text.replace("{", '{ "theme": 1,');
  writeFileSync(hostFile(id), more);
  uninstall();
  expect(read(hostFile(id))).toContain("theme");
  expect(read(hostFile(id))).not.toContain("trestle");
});

test("what a person changed since stays; what was taken comes back beside it", () => {
  writeFileSync(hostFile("cursor"), TEXTS.cursor ?? "");
  importFrom("cursor");
  const changed = read(hostFile("cursor"))
    .replace('"mcpServers": {', '"mcpServers": { "new": {"command": "n"}, "b": {"command": "B"},')
    .replace("dark", "light");
  writeFileSync(hostFile("cursor"), changed);
  const { files } = uninstall();
  expect(files[0]?.kept).toEqual(["b"]);
  const text = read(hostFile("cursor"));
  expect(text).toContain("// mine");
  expect(parseDocument(text, "mcp.json").value).toEqual({
    mcpServers: { new: { command: "n" }, b: { command: "B" }, a: { command: "a" } },
    theme: "light",
  });
});

test("the same for TOML, where the entry of the bridge has got another name, too", () => {
  writeFileSync(hostFile("codex"), TEXTS.codex ?? "");
  importFrom("codex");
  const changed = read(hostFile("codex")).replace("mcp_servers.trestle", "mcp_servers.bridge");
  writeFileSync(hostFile("codex"), `${changed}\n[mcp_servers.new]\ncommand = "n" # new\n`);
  uninstall();
  const text = read(hostFile("codex"));
  expect(text).not.toContain("trestle");
  expect(text).toContain('command = "n" # new');
  expect(text).toContain("[mcp_servers.a]\ncommand = 'a'");
  expect(text).toContain('theme = "dark" # mine');
});

test("two imports are taken back one after the other", () => {
  writeFileSync(hostFile("codex"), TEXTS.codex ?? "");
  importFrom("codex");
  writeFileSync(hostFile("codex"), `${read(hostFile("codex"))}\n[mcp_servers.c]\ncommand = "c"\n`);
  importFrom("codex");
  expect(read(hostFile("codex"))).not.toContain('"c"');
  uninstall();
  const text = read(hostFile("codex"));
  for (const word of ["'a'", '"b"', '"c"']) expect(text).toContain(`command = ${word}`);
  expect(text).not.toContain("trestle");
});

test("a bridge of the same home with another configuration is replaced, and comes back", () => {
  writeFileSync(hostFile("cursor"), TEXTS.cursor ?? "");
  importFrom("cursor", "end", "first.json");
  const first = read(hostFile("cursor"));
  importFrom("cursor", "end", "second.json");
  expect(read(hostFile("cursor"))).toBe(first.replace("first.json", "second.json"));
  uninstall();
  expect(read(hostFile("cursor"))).toBe(TEXTS.cursor);
});

test("what was noted and never done is not given back", () => {
  const path = hostFile("cursor");
  writeFileSync(path, TEXTS.cursor ?? "");
  const plan = importFrom("cursor", "plan");
  const records = plan.hosts.flatMap((change) => change.records);
  openOriginals(folder()).write(records.map((record) => ({ ...record, pending: true })));
  const without = `{"mcpServers": {"b": {"command": "b"}}}`;
  writeFileSync(path, without);
  expect(uninstall().files).toEqual([]);
  expect(read(path)).toBe(without);
  openOriginals(folder()).write(records.map((record) => ({ ...record, pending: true })));
  importFrom("cursor");
  uninstall();
  expect(read(path)).toBe(without);
});

test("a host whose file is gone is told, and its servers are kept until it is there again", () => {
  const path = hostFile("cursor");
  writeFileSync(path, TEXTS.cursor ?? "");
  importFrom("cursor");
  const after = read(path);
  rmSync(path);
  const { problems, left } = uninstall();
  expect(problems).toEqual([expect.objectContaining({ code: "not_found" })]);
  expect(left).toHaveLength(1);
  writeFileSync(path, after);
  uninstall();
  expect(read(path)).toBe(TEXTS.cursor);
});

test("a file that is broken now is left so, and its servers are kept", () => {
  const path = hostFile("codex");
  writeFileSync(path, TEXTS.codex ?? "");
  importFrom("codex");
  writeFileSync(path, "a = \n");
  const { problems, left } = uninstall();
  expect(problems).toEqual([expect.objectContaining({ code: "invalid_config" })]);
  expect([read(path), left.length]).toEqual(["a = \n", 1]);
});

test("only the host that is named is given back", () => {
  for (const id of ["cursor", "codex"]) {
    writeFileSync(hostFile(id), TEXTS[id] ?? "");
    importFrom(id);
  }
  uninstall("cursor");
  expect(read(hostFile("cursor"))).toBe(TEXTS.cursor);
  expect(read(hostFile("codex"))).toContain("trestle");
});
