import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { trestle } from "./_cli.ts";
import { type RestBridge, startRest } from "./_rest.ts";

const KEY = "a-key-of-sixteen-letters";

let bridge: RestBridge;
let elsewhere: string;
beforeAll(async () => {
  bridge = await startRest({ http: { key: KEY } });
  elsewhere = join(bridge.home, "elsewhere");
  mkdirSync(elsewhere);
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const USAGE = 2;
const UNAVAILABLE = 69;
const DENIED = 77;
const CONFIG = 78;

test.each<[string, string[], number, string]>([
  ["no pair", ["call", "one.echo", "a=1", "b"], USAGE, "write key=value"],
  ["no file", ["batch", "missing.json"], USAGE, "cannot be read"],
  ["no number", ["history", "--limit", "many"], USAGE, '--limit must be a number, not "many"'],
  ["an unknown option", ["history", "--serve", "x"], USAGE, "--server"],
  ["an unknown command", ["histroy"], USAGE, "history"],
  ["an unknown choice", ["history", "--outcome", "fine"], USAGE, "outcome"],
  ["no such item", ["review", "show", "x"], 1, "no review item"],
])("%s is told in a sentence, with an exit code of its own", async (_name, args, code, words) => {
  const ran = await trestle(args, { home: bridge.home });
  expect(ran).toEqual({ code, stdout: "", stderr: expect.stringContaining(words) });
});

test.each<[string, string[], Record<string, string>, number, string]>([
  ["nothing runs", ["cache", "stats"], {}, UNAVAILABLE, "trestle serve"],
  [
    "nothing answers",
    ["history"],
    { MCP_BRIDGE_URL: "http://127.0.0.1:9" },
    UNAVAILABLE,
    "No bridge answers",
  ],
  ["the address is none", ["history"], { MCP_BRIDGE_URL: "bridge" }, CONFIG, "MCP_BRIDGE_URL"],
])("where %s, that is said", async (_name, args, env, code, words) => {
  const ran = await trestle(args, { home: elsewhere, env });
  expect(ran).toEqual({ code, stdout: "", stderr: expect.stringContaining(words) });
});

test("a bridge elsewhere is asked over HTTP with the key", async () => {
  const origin = new URL(bridge.url).origin;
  for (const url of [bridge.url, origin, `${origin}/api/mcp/`]) {
    const env = { MCP_BRIDGE_URL: url, MCP_API_KEY: KEY };
    const ran = await trestle(["call", "one.echo", "text=far"], { home: elsewhere, env });
    expect(ran).toEqual({ code: 0, stdout: "far\n", stderr: "" });
  }
  const env = { MCP_BRIDGE_URL: bridge.url, MCP_API_KEY: KEY };
  const failed = await trestle(["call", "one.echo", '{"fail":true}'], { home: elsewhere, env });
  expect(failed.code).toBe(1);
  const { stdout } = await trestle(["history", "--server", "one", "--json"], {
    home: elsewhere,
    env,
  });
  expect(JSON.parse(stdout).executions).toHaveLength(4);
  const decided = await trestle(["review", "reject", "x"], { home: elsewhere, env });
  expect(decided).toMatchObject({
    code: DENIED,
    stderr: expect.stringContaining("admin credential"),
  });
  const keyless = await trestle(["history"], {
    home: elsewhere,
    env: { MCP_BRIDGE_URL: bridge.url },
  });
  expect(keyless).toMatchObject({ code: DENIED, stderr: expect.stringContaining("key") });
});

test("the admin credential of a home is sent to the bridge of that home only", async () => {
  const { home } = bridge;
  const own = await trestle(["review", "reject", "x"], {
    home,
    env: { MCP_BRIDGE_URL: bridge.url },
  });
  expect(own).toMatchObject({ code: 1, stderr: expect.stringContaining("no review item") });
});
