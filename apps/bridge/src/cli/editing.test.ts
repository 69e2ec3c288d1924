import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStage, type Stage } from "./_stage.ts";

/** The commands that change files: what is refused, and what is asked. */

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => rmSync(stage.home, { recursive: true, force: true }));

const trestle = (...args: string[]): Promise<unknown> => stage.run(...args);
const config = (): string => join(stage.home, "trestle.json");

test.each<[string, string[], string]>([
  ["no id", ["add", "My Server", "--", "x"], '"my-server" can'],
  ["the bridge's own name", ["add", "bridge", "--", "x"], "the bridge's own tools"],
  ["no preset", ["add", "nobody"], "github, render, vercel, supabase, stripe, railway, neon"],
  ["no address", ["add", "x", "--url", "example.com"], "http://"],
  ["both", ["add", "x", "--url", "https://x.y", "--", "x"], "not both"],
  ["a header of a command", ["add", "x", "--header", "A=b", "--", "x"], "--header is for"],
  [
    "a variable of an address",
    ["add", "x", "--url", "https://x.y", "--env", "A=b"],
    "--env is for",
  ],
  ["no pair", ["add", "x", "--url", "https://x.y", "--header", "sk-secret"], "write key=value"],
  ["the bridge", ["add", "x", "--", "npx", "@trestle-mcp/bridge", "serve"], "Trestle itself"],
  ["no host", ["import", "--host", "emacs"], "is no host"],
  ["no host to restore", ["uninstall", "--host", "emacs"], "is no host"],
])("%s is refused, and nothing is written", async (_what, args, words) => {
  await expect(trestle(...args)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining(words),
  });
  await expect(trestle(...args)).rejects.toThrow(/^(?!.*sk-secret)/);
  expect([stage.said, stage.code, existsSync(config())]).toEqual([[], undefined, false]);
});

test("adding says what is there already, and shows what it would write", async () => {
  const text = '{ "mcpServers": { "one": { "command": "one" } } }\n';
  writeFileSync(config(), text);
  await trestle("add", "one", "--", "one");
  expect([stage.code, stage.said.join("")]).toEqual([
    0,
    expect.stringContaining("already, just so"),
  ]);
  await trestle("add", "two", "--dry-run", "--", "two", "--flag");
  expect([stage.code, stage.said.join("\n")]).toEqual([
    0,
    expect.stringContaining('"two":{"command":"two"'),
  ]);
  await expect(trestle("add", "one", "--", "other")).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("say --replace"),
  });
  expect(readFileSync(config(), "utf8")).toBe(text);
});

test("removing what is not there names what is near, or what there is", async () => {
  writeFileSync(config(), '{ "mcpServers": { "one": { "command": "one" } } }\n');
  const missing = (name: string) => expect(trestle("remove", name)).rejects;
  await missing("on").toMatchObject({
    code: "not_found",
    message: expect.stringMatching(/Did you mean "one"\?/),
  });
  await missing("elsewhere").toMatchObject({
    code: "not_found",
    message: expect.stringMatching(/There are: one\./),
  });
});

test("an import that is only tried writes nothing", async () => {
  const path = giveServer();
  const text = readFileSync(path, "utf8");
  await trestle("import", "--dry-run");
  expect([stage.code, stage.said.at(-1)]).toEqual([0, "\nNothing was written (--dry-run)."]);
  expect([readFileSync(path, "utf8"), existsSync(config())]).toEqual([text, false]);
  await trestle("uninstall");
  expect(stage.said.at(-1)).toContain("Nothing was taken over from Claude Desktop");
});

function giveServer(): string {
  const path = join(stage.home, ".cursor", "mcp.json");
  mkdirSync(join(stage.home, ".cursor"));
  writeFileSync(path, '{"mcpServers": {"a": {"command": "a"}}}');
  return path;
}

test.each(["y\n", "Yes\n"])(
  "an import that a person answers with %j is written",
  async (answer) => {
    const path = giveServer();
    const done = trestle("import");
    stage.input.write(answer);
    await done;
    expect(stage.code).toBe(0);
    expect(stage.said.join("")).toContain("Write this? [y/N]");
    expect(readFileSync(path, "utf8")).toContain("trestle");
  },
);

test.each<[string, () => unknown]>([
  ["no", () => stage.input.write("n\n")],
  ["nothing", () => stage.input.write("\n")],
  ["the end of input", () => stage.input.end()],
  ["Ctrl-C", () => stage.stop()],
])("one that is answered with %s is not", async (_what, answer) => {
  const path = giveServer();
  const done = trestle("import");
  answer();
  await done;
  expect([stage.code, stage.said.at(-1)]).toEqual([0, "Nothing was written."]);
  expect(readFileSync(path, "utf8")).not.toContain("trestle");
  expect(existsSync(config())).toBe(false);
});

test("a file in one line is shown line by line", async () => {
  const path = giveServer();
  const servers = { mcpServers: { a: { command: "a" } }, history: "x".repeat(1_000) };
  writeFileSync(path, JSON.stringify(servers));
  await trestle("import", "--dry-run");
  const text = stage.said.join("\n");
  expect(text).toContain('-     "a": {');
  expect(text).not.toContain("xxxxx");
});
