import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

const KEY = "canary-key-of-the-door";
const SECRETS = [
  KEY,
  "canary-env-value",
  "canary-header-value",
  "canary-hook-secret",
  "T00/B00/canary",
];

let bridge: RestBridge;
let admin: { authorization: string };
beforeAll(async () => {
  const webhooks = {
    ops: { url: "https://hooks.slack.com/services/T00/B00/canary", secret: "canary-hook-secret" },
  };
  const config = { http: { key: KEY }, events: { webhooks }, history: { maxRows: 500 } };
  const entry = { env: { TOKEN: "canary-env-value" } };
  bridge = await startRest(config, { MCP_MAX_RETRIES: "2" }, entry);
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  admin = { authorization: `Bearer ${text}` };
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const dataOf = ({ body }: Answered) => objectOf(body.data);
const codeOf = ({ status, body }: Answered) => [status, objectOf(body.error).code];
const messageOf = ({ body }: Answered) => String(objectOf(body.error).message);
const file = () => join(bridge.home, "trestle.json");
const send = (method: string, path: string, body?: JsonObject) =>
  bridge.ask(path, { method, headers: admin, ...(body && { body: JSON.stringify(body) }) });

async function keyOf(key: string): Promise<JsonObject> {
  const { keys } = dataOf(await bridge.get(`config?key=${key}`, admin));
  return objectsOf(keys)[0] ?? {};
}

describe("over REST", () => {
  test("every key is told with its value and where that comes from", async () => {
    expect(await keyOf("policy.retry.retries")).toMatchObject({
      ...{ value: 2, source: "environment", where: "MCP_MAX_RETRIES" },
    });
    expect(await keyOf("history.maxRows")).toMatchObject({ value: 500, source: "file" });
    expect((await keyOf("history.maxRows")).where).toMatch(/trestle\.json:\d+$/);
    expect(await keyOf("http.port")).toMatchObject({ value: 0, source: "command line" });
    expect(await keyOf("policy.cache.ttlMs")).toMatchObject({ value: 300_000, source: "default" });
    expect(await keyOf("mcpServers.one")).toMatchObject({ value: { command: process.execPath } });
    const all = dataOf(await bridge.get("config", admin));
    expect(objectsOf(all.keys).length).toBeGreaterThan(40);
    const unknown = await bridge.get("config?key=policy.retry.retry", admin);
    expect(codeOf(unknown)).toEqual([404, "not_found"]);
    expect(messageOf(unknown)).toContain('"policy.retry.retries"');
  });

  test("no secret is told", async () => {
    const told = (await bridge.get("config", admin)).text;
    for (const secret of SECRETS) expect(told).not.toContain(secret);
    expect(await keyOf("http.key")).toMatchObject({ value: "••••••" });
    expect(await keyOf("mcpServers.one.env")).toMatchObject({ value: { TOKEN: "••••••" } });
  });

  test("a key is set and unset at once, and the file is kept as it was", async () => {
    const before = readFileSync(file(), "utf8");
    const set = await send("PUT", "config/policy.breaker.consecutive", { value: 9 });
    const now = { key: "policy.breaker.consecutive", value: 9, source: "file" };
    expect(dataOf(set)).toMatchObject({ in_effect: true, now });
    expect(readFileSync(String(dataOf(set).backup), "utf8")).toBe(before);
    expect(JSON.parse(readFileSync(file(), "utf8")).policy).toEqual({
      breaker: { consecutive: 9 },
    });
    const unset = await send("DELETE", "config/policy.breaker.consecutive");
    expect(dataOf(unset)).toMatchObject({ in_effect: true, now: { value: 5, source: "default" } });
    const again = await send("DELETE", "config/policy.breaker.consecutive");
    expect(codeOf(again)).toEqual([404, "not_found"]);
  });

  test.each<[string, unknown, string]>([
    ["policy.retry.retries", "many", "policy.retry.retries"],
    ["policy.retry.retris", 1, 'did you mean "retries"?'],
    ["history.maxRows.x", 1, "holds a single value"],
    ["policy..retry", 1, "must be a key such as"],
    ["history.redact", ["••••••"], "secret"],
  ])("%s is not set to %j", async (key, value, words) => {
    const before = readFileSync(file(), "utf8");
    const refused = await send("PUT", `config/${key}`, { value: value as never });
    expect(codeOf(refused)).toEqual([400, "invalid_input"]);
    expect(messageOf(refused)).toContain(words);
    expect(readFileSync(file(), "utf8")).toBe(before);
  });

  test("who may come in, and what runs, is not set over REST without http.admin", async () => {
    const before = readFileSync(file(), "utf8");
    const attempts: [string, JsonObject[string]][] = [
      ["http.admin", true],
      ["http", { admin: true }],
      ["access.keyScopes", ["*:*"]],
      ["mcpServers.two", { command: "id" }],
      ["events.allowHosts", ["127.0.0.1:9"]],
      ["store.redis", "redis://127.0.0.1:9"],
    ];
    for (const [key, value] of attempts) {
      expect(codeOf(await send("PUT", `config/${key}`, { value }))).toEqual([403, "denied"]);
      expect(codeOf(await send("DELETE", `config/${key}`))).toEqual([403, "denied"]);
    }
    const withKey = { authorization: `Bearer ${KEY}` };
    expect(codeOf(await bridge.get("config", withKey))).toEqual([403, "denied"]);
    expect(readFileSync(file(), "utf8")).toBe(before);
  });

  test("changes at the same time are done one after the other", async () => {
    const keys = ["policy.breaker.openMs", "policy.breaker.windowMs", "policy.retry.baseMs"];
    const all = await Promise.all(
      keys.map((key) => send("PUT", `config/${key}`, { value: 1_234 })),
    );
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const key of keys)
      expect(await keyOf(key)).toMatchObject({ value: 1_234, source: "file" });
  });

  test("what was set is on record, without its value", async () => {
    await send("PUT", "config/history.redact", { value: ["canary-word"] });
    const logged = await bridge.get("security/audit-logs?operation=config_set", admin);
    expect(objectOf(objectsOf(dataOf(logged).entries)[0]?.entry)).toMatchObject({
      ...{ event: "administered", by: "admin", key: "history.redact" },
    });
    const changed = await bridge.get("security/audit-logs?event=configuration_changed", admin);
    expect(changed.text).toContain('"history"');
    expect(logged.text + changed.text).not.toContain("canary");
  });
});

describe("on the command line", () => {
  test("a key is set and shown, also where no bridge runs and no file was", async () => {
    const home = temporaryFolder();
    const run = (...args: string[]) => trestle(["config", ...args], { home });
    expect((await run("get", "catalog.mode")).stdout).toMatch(/catalog\.mode +full +default/);
    const set = await run("set", "catalog.mode", "auto");
    expect(set).toEqual({ code: 0, stdout: expect.stringContaining("Changed"), stderr: "" });
    const written = JSON.parse(readFileSync(join(home, "trestle.json"), "utf8"));
    expect(written).toEqual({ catalog: { mode: "auto" } });
    expect((await run("get", "catalog.mode")).stdout).toMatch(
      /catalog\.mode +auto +.*trestle.json:/,
    );
    const bad = await run("set", "catalog.mode", "fast");
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining("catalog.mode") });
    expect(await run("unset", "catalog.mode")).toMatchObject({ code: 0 });
    const { keys } = JSON.parse((await run("get", "catalog.mode", "--json")).stdout);
    expect(objectsOf(keys)[0]).toMatchObject({ value: "full", source: "default" });
  });

  test("what was wrong before stands in nobody's way, and comments stay", async () => {
    const home = temporaryFolder();
    const path = join(home, "trestle.json");
    writeFileSync(path, '{\n  // servers\n  "mcpServers": { "odd": { "comand": "x" } }\n}\n');
    const ran = await trestle(["config", "set", "catalog.scan", "block"], { home });
    expect(ran.code).toBe(0);
    const after = readFileSync(path, "utf8");
    expect(after).toContain("// servers");
    expect(JSON.parse(after.replace("// servers", "")).catalog).toEqual({ scan: "block" });
    const set = await trestle(["config", "set", "mcpServers.new", '{"url":"no"}'], { home });
    expect(set).toMatchObject({ code: 2, stderr: expect.stringContaining("Nothing was written") });
    expect(existsSync(join(home, "bridge", "backups"))).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(after);
  });
});
