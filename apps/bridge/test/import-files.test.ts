import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { bridgeServers, giveHost, hostFile, serversOfHost, textOfHost } from "./_hosts.ts";
import { createPlace, run } from "./_place.ts";

const CONFIG = 78;
const DENIED = 77;

/** Each command is a process, and others may want the processors, too. */
vi.setConfig({ testTimeout: 180_000 });

test("what cannot be read or must not be written is left so and named; the rest is taken over", async () => {
  const place = createPlace();
  const servers = (name: string): string => `{"mcpServers": {"${name}": {"command": "${name}"}}}`;
  const broken = giveHost(place, "cursor", '{\n  "mcpServers": {\n    "x": {"command": }\n');
  const wide = Buffer.from(`\uFEFF${servers("wide")}`, "utf16le");
  giveHost(place, "claude-code", wide);
  giveHost(place, "codex", '[mcp_servers.toml]\ncommand = "toml"\n');
  const fixed = giveHost(place, "claude-desktop", servers("fixed"));
  chmodSync(fixed, 0o444);
  giveHost(place, "vscode", '{"servers": {"good": {"type": "stdio", "command": "good"}}}');

  const ran = await run(place, ["import", "--yes"]);
  expect(ran.code).toBe(DENIED);
  expect(ran.stderr.trim().split("\n")).toEqual([
    `${fixed}: is read-only. It is left as it is.`,
    `${hostFile(place, "claude-code")}: is not written in UTF-8. It is left as it is.`,
    expect.stringMatching(/mcp\.json:3: not valid JSON .*It is left as it is\.$/),
  ]);
  expect(Object.keys(bridgeServers(place))).toEqual([
    "database",
    "knowledge",
    "tracker",
    "orchestrator",
    "objects",
    "good",
    "toml",
  ]);
  expect(readFileSync(broken, "utf8")).toContain('{"command": }');
  expect(readFileSync(hostFile(place, "claude-code"))).toEqual(wide);
  expect(serversOfHost(place, "claude-desktop")).toEqual({ fixed: { command: "fixed" } });

  const alone = await run(place, ["import", "--host", "cursor", "--yes"]);
  expect([alone.code, alone.stdout]).toEqual([CONFIG, expect.not.stringContaining("Wrote")]);
});

test("where the bridge's own file is broken or read-only, nothing at all is written", async () => {
  const place = createPlace("{ \n broken");
  const text = '{"mcpServers": {"a": {"command": "a"}}}';
  giveHost(place, "cursor", text);
  const broken = await run(place, ["import", "--yes"]);
  expect([broken.code, broken.stderr]).toEqual([CONFIG, expect.stringContaining("trestle.json:2")]);
  writeFileSync(place.configFile, "{}");
  chmodSync(place.configFile, 0o400);
  const fixed = await run(place, ["import", "--yes"]);
  expect([fixed.code, fixed.stderr]).toEqual([DENIED, expect.stringContaining("is read-only")]);
  expect([textOfHost(place, "cursor"), readFileSync(place.configFile, "utf8")]).toEqual([
    text,
    "{}",
  ]);
  // Who wants to go back can do so, whatever has become of the configuration.
  writeFileSync(join(place.root, "other.json"), "{}");
  expect((await run(place, ["--config", "other.json", "import", "--yes"])).code).toBe(0);
  chmodSync(place.configFile, 0o600);
  writeFileSync(place.configFile, "{ broken");
  expect((await run(place, ["uninstall"])).code).toBe(0);
  expect(textOfHost(place, "cursor")).toBe(text);
});

test("links, byte order marks and line ends stay what they are", async () => {
  const place = createPlace('\uFEFF{\r\n  // mine\r\n  "mcpServers": {\r\n  }\r\n}\r\n');
  const text = '\uFEFF{\r\n  "mcpServers": {\r\n    "a": { "command": "a" }\r\n  }\r\n}\r\n';
  const path = giveHost(place, "cursor", text);
  mkdirSync(join(place.root, "dotfiles"));
  renameSync(path, join(place.root, "dotfiles", "cursor.json"));
  symlinkSync("../dotfiles/cursor.json", path);
  giveHost(place, "codex", '[mcp_servers.b]\r\ncommand = "b"\r\n');
  expect((await run(place, ["import", "--yes"])).code).toBe(0);
  for (const file of [join(place.root, "dotfiles", "cursor.json"), place.configFile]) {
    const written = readFileSync(file, "utf8");
    expect(written.startsWith("\uFEFF{\r\n")).toBe(true);
    expect(written.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  }
  expect(readFileSync(place.configFile, "utf8")).toContain("// mine");
  expect(textOfHost(place, "codex").replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect((await run(place, ["uninstall"])).code).toBe(0);
  expect(textOfHost(place, "cursor")).toBe(text);
  expect(textOfHost(place, "codex")).toBe('[mcp_servers.b]\r\ncommand = "b"\r\n');
});

test("the project's files are taken over when that is asked for, with the folder of the project", async () => {
  const place = createPlace();
  const work = join(place.root, "work");
  giveHost(place, "project", '{"mcpServers": {"shared": {"command": "./run"}}}');
  const own = { projects: { [work]: { mcpServers: { mine: { command: "./mine" } } } } };
  giveHost(place, "claude-code", JSON.stringify(own));
  const inWork = (args: readonly string[]) =>
    run({ ...place, root: work }, args, { HOME: place.root });
  const left = await inWork(["import", "--yes"]);
  expect([left.code, left.stdout]).toEqual([0, expect.stringContaining("say --project")]);
  const config = join(work, "trestle.json");
  const servers = (): object => JSON.parse(readFileSync(config, "utf8")).mcpServers;
  expect(servers()).toMatchObject({ mine: { command: "./mine", cwd: work } });
  expect(servers()).not.toHaveProperty("shared");
  expect(Object.keys(serversOfHost(place, "project"))).toEqual(["shared"]);
  const all = await inWork(["import", "--project", "--yes"]);
  expect([all.code, all.stdout]).toEqual([0, expect.stringContaining("mean nothing to others")]);
  expect(servers()).toMatchObject({ shared: { command: "./run", cwd: work } });
  expect(Object.keys(serversOfHost(place, "project"))).toEqual(["trestle"]);
});
