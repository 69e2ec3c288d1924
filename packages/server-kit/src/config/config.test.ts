import { describe, expect, test } from "vitest";
import * as z from "zod";
import { sample } from "../../test/fixtures/sample/server.ts";
import { defineServer } from "../define/server.ts";
import { toConfigFields } from "./fields.ts";
import { parseFlags } from "./flags.ts";
import { parseConfig } from "./parse.ts";
import { renderConfigTable, renderEnvExample, renderHelp, renderToolsTable } from "./render.ts";
import { setting } from "./setting.ts";

const schema = z.object({
  url: setting(z.url(), { env: "APP_URL", description: "Where it is", secret: true }),
  size: setting(z.int().min(1).default(10), { env: "APP_SIZE", description: "How many" }),
  write: setting(z.boolean().default(false), { env: "APP_WRITE", description: "May write" }),
  tables: setting(z.array(z.string()).optional(), {
    env: "APP_TABLES",
    description: "Which tables",
  }),
  mode: setting(z.enum(["fast", "safe"]).default("safe"), { env: "APP_MODE", description: "How" }),
});
const fields = toConfigFields(schema);
const url = "postgres://app:pw@db.example/app";

describe("config", () => {
  test("text becomes what each setting means, by key or by environment name", () => {
    const config = parseConfig(schema, fields, {
      url,
      APP_SIZE: "3",
      APP_WRITE: "yes",
      APP_TABLES: "a, b",
      APP_MODE: "",
    });
    expect(config).toEqual({ url, size: 3, write: true, tables: ["a", "b"], mode: "safe" });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("one error names every bad setting, what was expected, and no value", () => {
    const settings = { APP_SIZE: "many-s3cret", APP_MODE: "quick", APP_WRITE: "perhaps" };
    const error = thrownBy(() => parseConfig(schema, fields, settings));
    expect(error.code).toBe("invalid_config");
    expect(error.message).toContain("- APP_URL (--app-url): is missing; expected string, uri");
    expect(error.message).toContain("- APP_SIZE (--app-size): Invalid input: expected number");
    expect(error.message).toContain("- APP_WRITE (--app-write)");
    expect(error.message).toContain("expected one of fast, safe");
    expect(error.message).not.toContain("s3cret");
  });

  test("a setting without a variable, or called like an option of every server, is refused at definition", () => {
    expect(() => toConfigFields(z.object({ a: z.string() }))).toThrow(
      'Setting "a" has no environment variable',
    );
    const clash = z.object({ a: setting(z.string(), { env: "HTTP", description: "d" }) });
    expect(() => toConfigFields(clash)).toThrow('"--http"');
  });

  test("mounting with a bad setting throws an error that names it", () => {
    const server = defineServer({
      name: "a",
      title: "A",
      version: "1.0.0",
      description: "d",
      config: schema,
    });
    expect(server.needsNoCredentials).toBe(false);
    expect(() => server.mount({} as never, {})).toThrow("APP_URL");
  });
});

describe("flags", () => {
  test("are read with a value, with an equals sign, as switches and denied", () => {
    const flags = parseFlags(
      ["--app-url", url, "--app-size=3", "--app-write", "--http", "--verbose", "--profile", "all"],
      fields,
    );
    expect(flags.settings).toEqual({ APP_URL: url, APP_SIZE: "3", APP_WRITE: "true" });
    expect(flags).toMatchObject({ http: true, verbose: true, profile: "all", help: false });
    expect(parseFlags(["--no-app-write", "--http", ":0"], fields)).toMatchObject({
      settings: { APP_WRITE: "false" },
      http: ":0",
    });
  });

  test("an unknown one names the nearest known one", () => {
    expect(() => parseFlags(["--app-ulr", "x"], fields)).toThrow(
      "Unknown option --app-ulr. Did you mean --app-url?",
    );
  });

  test("one that needs a value says so", () => {
    expect(() => parseFlags(["--app-size"], fields)).toThrow("--app-size needs a value");
  });
});

describe("what is rendered", () => {
  test("the configuration table has a row for every setting", () => {
    const rows = renderConfigTable({ configFields: fields }).trim().split("\n");
    expect(rows).toHaveLength(2 + 5);
    expect(rows[2]).toMatch(
      /^\| `APP_URL` +\| `--app-url` +\| required +\| Where it is \(string, uri\) Secret\. +\|$/,
    );
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(rows[3]).toContain("| `10` ");
  });

  test("an empty list is no default that is worth showing", () => {
    const empty = z.object({
      names: setting(z.array(z.string()).default([]), { env: "APP_NAMES", description: "Names" }),
    });
    const table = renderConfigTable({ configFields: toConfigFields(empty) });
    expect(table).toMatch(/\| `--app-names` +\| {3,}\| Names/);
    const server = defineServer({
      name: "app",
      title: "App",
      version: "1.0.0",
      description: "",
      config: empty,
    });
    expect(renderHelp(server)).toContain("Names (APP_NAMES)");
    expect(renderHelp(server)).toContain("Usage: trestle-app [options]");
    expect(renderHelp(server, "names")).toContain("Usage: names [options]");
  });

  test("the .env.example parses to a valid configuration once the required ones are filled in", () => {
    const text = renderEnvExample({ configFields: fields, title: "App" });
    expect(text).toContain("\nAPP_URL=\n");
    expect(text).toContain("\n# APP_SIZE=10\n");
  });

  test("the tools table says what each tool does to the world", () => {
    expect(renderToolsTable(sample)).toMatch(
      /\| `add_note` +\| Keeps a note until the server ends\. +\| writes +\| core +\|/,
    );
  });
});

function thrownBy(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
}
