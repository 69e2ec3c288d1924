import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Config, loadConfig } from "./load.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "trestle-load-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const write = (text: string, name = "trestle.json"): void => writeFileSync(join(cwd, name), text);
const load = (env: Record<string, string> = {}, extra: object = {}): Config =>
  loadConfig({ cwd, env, ...extra });
const refused = (env: Record<string, string> = {}, extra: object = {}): string => {
  try {
    load(env, extra);
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_config" });
    return (error as Error).message.replaceAll(cwd, "");
  }
  throw new Error("It was accepted");
};

describe("without a file", () => {
  test("our own servers that need no credentials are served on the defaults", () => {
    const config = load({ TRESTLE_HOME: "home" });
    expect(config.servers.map(({ id }) => id)).toEqual([
      "database",
      "knowledge",
      "tracker",
      "orchestrator",
      "objects",
    ]);
    expect(config.http).toMatchObject({ host: "127.0.0.1", port: 4100 });
    expect(config.home).toBe(join(cwd, "home"));
    expect(config.file).toBeUndefined();
  });

  test("a file that was asked for is missed", () => {
    expect(refused({}, { file: "other.json" })).toMatch(/^\/other\.json: cannot be read/);
  });
});

describe("a file", () => {
  test("may hold comments, a trailing comma and the mark of Windows editors", () => {
    write('\uFEFF{\n// why\n"http": { "port": 0, },\n}');
    expect(load().http.port).toBe(0);
  });

  test.each([
    [
      '{\n  "http": {\n    "prot": 1\n  }\n}',
      '/trestle.json:3: http.prot: unknown key; did you mean "port"?',
    ],
    [
      '{\n  "mcpServer": {}\n}',
      '/trestle.json:2: mcpServer: unknown key; did you mean "mcpServers"?',
    ],
    [
      '{\n"policy": { "timeout": {\n"zzzzzzzzzz": 1 } } }',
      "/trestle.json:3: policy.timeout.zzzzzzzzzz: unknown key; known: attemptMs, maxMs, deadlineMs.",
    ],
    [
      '{\n  "http": {\n    "port": "x" } }',
      "/trestle.json:3: http.port: Invalid input: expected number, received string",
    ],
    ['{\n  "http": 5 }', "/trestle.json:2: http: Invalid input: expected object, received number"],
    ["[]", "/trestle.json:1: the file: Invalid input: expected object, received array"],
    ['{\n  "http": {,\n}', "/trestle.json:2: not valid JSON"],
    ["", "/trestle.json:1: not valid JSON"],
  ])("%j is refused by line and key", (text, message) => {
    write(text);
    expect(refused()).toContain(message);
  });

  test("with several faults names them all", () => {
    write('{ "http": { "port": -1 }, "history": { "maxRows": 0 } }');
    expect(refused().split("\n")).toHaveLength(2);
  });

  test("may take its key from the environment or from .env beside it", () => {
    write('{ "http": { "key": "${KEY}" } }');
    const key = "0123456789abcdef";
    expect(load({ KEY: key }).http.key).toBe(key);
    expect(refused()).toBe("/trestle.json:1: http.key: ${KEY} is not set.");
    expect(refused({ KEY: "short" })).toContain(
      "http.key (the value of ${KEY}): must have at least 16",
    );
    write(`KEY=${key}`, ".env");
    expect(load().http.key).toBe(key);
    write("KEY=fedcba9876543210", "other.env");
    expect(load({}, { envFile: "other.env" }).http.key).toBe("fedcba9876543210");
    expect(refused({}, { envFile: "none.env" })).toMatch(/^\/none\.env: cannot be read/);
  });

  test("with a short key is refused", () => {
    write('{ "http": { "key": "short" } }');
    expect(refused()).toContain("http.key: must have at least 16 characters");
  });
});
