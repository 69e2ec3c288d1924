import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Config, loadConfig } from "./load.ts";
import { loadAtStart } from "./load-at-start.ts";
import { schemaChecks } from "./schema-checks.ts";

const SECRET = "s3cr3t-of-the-environment";
let home: string;
let asked: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "trestle-start-"));
  asked = vi.spyOn(schemaChecks, "file");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

const memory = (): string => join(home, "bridge", "checked-config.json");
const write = (config: object): void =>
  writeFileSync(join(home, "trestle.json"), JSON.stringify(config, null, 2));

const options = (env: object = {}) => ({
  cwd: home,
  env: { TRESTLE_HOME: home, TOKEN: SECRET, HOST: "mcp.example.com", ...env },
});

const start = (env?: object, version = "1.0.0"): Promise<Config> =>
  loadAtStart({ ...options(env), version });

/** Everything of a configuration that is data. */
function dataOf({ again: _, withText: __, secrets, ...data }: Config): object {
  return { ...data, secrets: secrets.values().toSorted() };
}

const config = {
  http: { port: 4567 },
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: it is what people write.
  mcpServers: {
    one: {
      command: "node",
      args: ["${HOME_OF_ONE:-one}.js"],
      env: { KEY: "${TOKEN}" },
      timeout: 9,
    },
    "Far Away": {
      ...{ url: "https://${HOST}/mcp", headers: { authorization: "Bearer ${TOKEN}" } },
      tools: { rename: { a: "c", b: "c" } },
    },
    kept: { command: "node", env: { KEY: "${NOT_SET}" } },
    off: { command: "node", disabled: true },
    mounted: { embedded: "database" },
  },
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
  events: { webhooks: { mine: { url: "https://example.com/hook" } } },
};

describe("the configuration at a start", () => {
  test("is the same as the schema makes it, though the schema is not asked again", async () => {
    write(config);
    const first = dataOf(await start());
    const second = dataOf(await start());
    expect(asked).toHaveBeenCalledTimes(1);
    expect(second).toEqual(first);
    expect(second).toEqual(dataOf(loadConfig(options())));
  });

  test("is remembered where nothing is configured", async () => {
    const first = dataOf(await start());
    expect(dataOf(await start())).toEqual(first);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test("follows the environment", async () => {
    write(config);
    await start();
    const other = { TOKEN: "another-secret", HOST: "other.example.com", MCP_MAX_RETRIES: "7" };
    const next = await start(other);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(dataOf(next)).toEqual(dataOf(loadConfig(options(other))));
    expect(JSON.stringify(next.servers)).toContain("other.example.com");
  });

  test.each([
    ["another file", () => write({ ...config, http: { port: 4568 } }), {}],
    ["a variable that was missing", () => {}, { NOT_SET: "set" }],
    ["a variable that makes a value bad", () => {}, { HOST: "not a host" }],
    ["a memory that others could read", () => chmodSync(memory(), 0o644), {}],
    ["half a memory", () => writeFileSync(memory(), '{"key":'), {}],
    ["a memory of something else", () => writeFileSync(memory(), "[]"), {}],
  ])("is checked anew after %s", async (_what, change, env) => {
    write(config);
    await start();
    change();
    const next = await start(env);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(dataOf(next)).toEqual(dataOf(loadConfig(options(env))));
  });

  test("is checked anew by another version", async () => {
    write(config);
    await start();
    await start({}, "1.0.1");
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("leaves no secret of the environment behind, and nothing that others may read", async () => {
    write(config);
    await start();
    expect(readFileSync(memory(), "utf8")).not.toContain(SECRET);
    expect(statSync(memory()).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "bridge")).mode & 0o777).toBe(0o700);
  });

  test("is remembered without what stands in it", async () => {
    const key = "a-key-that-is-0-secret";
    const one = {
      command: "node",
      args: [key],
      tools: { arguments: { a: { force: { b: key } } } },
    };
    write({ ...config, http: { key }, mcpServers: { one } });
    const first = dataOf(await start());
    expect(dataOf(await start())).toEqual(first);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(readFileSync(memory(), "utf8")).not.toContain(key);
  });

  test("may hold comments and commas too many", async () => {
    const text = `// "a": /* b
{ /* "c" */ "http": { "port": 4567, }, // "port": 1,
  "access": {}, "mcpServers": { "one": { "command": "a//b,]", "args": ["\\\\", "/* d */", ], }, }, }`;
    writeFileSync(join(home, "trestle.json"), text);
    const first = dataOf(await start());
    expect(dataOf(await start())).toEqual(first);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test("that is bad is refused by line, and not remembered", async () => {
    writeFileSync(join(home, "trestle.json"), '{\n  "http": { "prot": 1 }\n}');
    await expect(start()).rejects.toThrow(
      'trestle.json:2: http.prot: unknown key; did you mean "port"?',
    );
    expect(() => statSync(memory())).toThrow("ENOENT");
  });

  test("is served where nothing can be remembered", async () => {
    write(config);
    writeFileSync(join(home, "bridge"), "in the way");
    expect((await start()).http.port).toBe(4567);
  });
});
