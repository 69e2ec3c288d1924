import { existsSync, mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createPlace, run } from "./_place.ts";
import { processesWith } from "./_processes.ts";
import { entry } from "./_upstreams.ts";

const EXIT_CONFIG = 78;

/** What stands in the file, and what the one message must say of it. */
const bad: readonly [string, string, RegExp][] = [
  ["bad JSON", '{\n  "mcpServers": {\n', /trestle\.json:\d+: not valid JSON/],
  ["an empty file", "", /trestle\.json:1: not valid JSON/],
  [
    "a misspelt key",
    '{\n "htpp": {}\n}',
    /trestle\.json:2: htpp: unknown key; did you mean "http"/,
  ],
  [
    "a misspelt key further down",
    '{\n "http": {\n  "prot": 1\n }\n}',
    /trestle\.json:3: http\.prot: unknown key; did you mean "port"/,
  ],
  [
    "a wrong type",
    '{\n "http": {\n  "port": "x"\n }\n}',
    /trestle\.json:3: http\.port: .*expected (int|number)/,
  ],
  ["a value out of range", '{"http": {"port": 70000}}', /http\.port: .*65535/],
  ["a wrong choice", '{"catalog": {"prefix": "alwys"}}', /catalog\.prefix: .*always/],
  ["a list of servers", '{"mcpServers": []}', /mcpServers: .*expected record/],
  [
    "a key that is not set",
    '{"http": {"key": "${NOT_SET}"}}',
    /http\.key: \$\{NOT_SET\} is not set/,
  ],
];

test.each(bad)(
  "%s ends every command with one message and code 78, and starts nothing",
  async (_what, text, message) => {
    const place = createPlace(text);
    const commands = [["serve"], ["serve", "--stdio"], ["tools"]];
    for (const ran of await Promise.all(commands.map((command) => run(place, command)))) {
      const { code, stdout, stderr } = ran;
      expect(code).toBe(EXIT_CONFIG);
      expect(stdout).toBe("");
      expect(stderr).toMatch(message);
      expect(stderr).toContain(place.configFile);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
    expect(existsSync(place.home)).toBe(false);
    expect(processesWith(place.root)).toEqual([]);
  },
);

test("a file that is not there, or cannot be read, is named", async () => {
  const place = createPlace();
  const missing = await run(place, ["--config", "no/such.json", "serve"]);
  expect(missing.code).toBe(EXIT_CONFIG);
  expect(missing.stderr).toMatch(/no\/such\.json: cannot be read/);
  mkdirSync(place.configFile);
  const folder = await run(place, ["serve"]);
  expect(folder.code).toBe(EXIT_CONFIG);
  expect(folder.stderr).toMatch(/trestle\.json: cannot be read/);
  expect(existsSync(place.home)).toBe(false);
});

test("a bad port of the command line starts nothing either", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const { code, stderr } = await run(place, ["serve", "--port", "http"]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/--port must be a number/);
  expect(existsSync(place.home)).toBe(false);
});
