import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { configJsonSchema } from "../src/config/json-schema.ts";
import { createPlace, run } from "./_place.ts";

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const schema = JSON.parse(JSON.stringify(configJsonSchema()));

test("trestle.schema.json is what the schema says: `trestle config schema` writes it", () => {
  expect(read("../trestle.schema.json")).toEqual(schema);
});

test("the JSON Schema takes what the bridge takes", () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  const accepts = (value: unknown): boolean => validate(value);
  expect(accepts({})).toBe(true);
  expect(accepts(read("../../../examples/third-party/trestle.json"))).toBe(true);
  const entry = { url: "${URL}", headers: { authorization: { command: ["pass", "show", "x"] } } };
  expect(accepts({ mcpServers: { a: entry } })).toBe(true);
  expect(accepts({ mcpServers: { a: { command: "x", aliases: ["No!"] } } })).toBe(false);
  expect(accepts({ mcpServers: { a: {} } })).toBe(false);
  expect(accepts({ htpp: {} })).toBe(false);
  expect(accepts({ http: { port: "x" } })).toBe(false);
});

test("`config schema` prints it, and `config check` what is wrong by file, line and key", async () => {
  const place = createPlace();
  const printed = await run(place, ["config", "schema"]);
  expect(printed.code).toBe(0);
  expect(JSON.parse(printed.stdout)).toEqual(schema);

  place.configure('{\n "mcpServers": {\n  "good": { "command": "x" }\n }\n}');
  const good = await run(place, ["config", "check"]);
  expect([good.code, good.stdout]).toEqual([
    0,
    `${place.configFile}: fit to serve; servers: good\n`,
  ]);

  writeFileSync(join(place.root, "open"), "sesame-sesame", { mode: 0o644 });
  place.configure(`{
  "mcpServers": {
    "good": { "command": "x", "arg": [] },
    "open": { "command": "x",
      "env": { "KEY": "\${file:open}" } },
    "tools": {
      "command": "x",
      "tools": { "alow": ["a"] } },
    "bad": {
      "command": "x",
      "policy": { "tools": { "a*": { "timeout": { "atemptMs": 1 } } } } },
    "unset": { "url": "https://example.org/\${NOT_SET}" }
  }
}`);
  const { code, stdout } = await run(place, ["config", "check"]);
  expect(code).toBe(78);
  const lines = stdout
    .replaceAll(`${place.configFile}:`, "")
    .replaceAll(place.root, "")
    .split("\n");
  expect(lines).toEqual([
    '3: mcpServers.good: warning: unknown key "arg" is ignored (did you mean "args"?)',
    "5: mcpServers.open: warning: env.KEY: /open can be read by every user of this machine: chmod 600",
    '8: mcpServers.tools: error: tools.alow: unknown key; did you mean "allow"?',
    '11: mcpServers.bad: error: policy.tools.a*.timeout.atemptMs: unknown key; did you mean "attemptMs"?',
    "12: mcpServers.unset: error: url: ${NOT_SET} is not set",
    " 3 not served; servers: good, open",
    "",
  ]);

  place.configure('{\n "http": {\n  "prot": 1\n }\n}');
  const broken = await run(place, ["config", "check"]);
  expect(broken.code).toBe(78);
  expect(broken.stderr).toContain(
    `${place.configFile}:3: http.prot: unknown key; did you mean "port"`,
  );
});
