import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf } from "../src/cli/data.ts";
import { ROUTES } from "../src/inbound/rest/routes.ts";
import { OPERATIONS } from "../src/operations/index.ts";
import { type Answered, type RestBridge, rawStatus, startRest } from "./_rest.ts";

const KEY = "a-key-of-sixteen-letters";
const withKey = { authorization: `Bearer ${KEY}` };
const ORIGIN = "https://app.example.com";

let bridge: RestBridge;
beforeAll(async () => {
  const limit = { principal: { calls: 3, windowMs: 3_600_000 } };
  bridge = await startRest({
    http: { key: KEY, allowedOrigins: [ORIGIN] },
    policy: { limit },
  });
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const codeOf = ({ status, body }: Answered) => [status, body.success, objectOf(body.error).code];
const messageOf = ({ body }: Answered) => String(objectOf(body.error).message);

test("a key travels as X-API-Key or bearer; without it there is health, and nothing more", async () => {
  const none = await bridge.get("discover");
  expect(codeOf(none)).toEqual([401, false, "unauthenticated"]);
  expect(none.headers.get("www-authenticate")).toContain("Bearer");
  expect(codeOf(await bridge.get("discover", { "X-API-Key": "nonsense" }))[0]).toBe(401);
  expect((await bridge.get("discover", { "X-API-Key": KEY })).status).toBe(200);
  expect((await bridge.get("discover", withKey)).status).toBe(200);
  const health = await bridge.get("health");
  expect([health.status, objectOf(health.body.data).servers]).toEqual([200, undefined]);
  expect(objectOf((await bridge.get("health", withKey)).body.data).servers).toHaveLength(1);
  expect(codeOf(await bridge.get("health", { "X-API-Key": "nonsense" }))[0]).toBe(401);
});

test("the queue is for whoever administers", async () => {
  const decision = { decision: "reject" };
  const refused = await bridge.post("review/some", decision, withKey);
  expect(codeOf(refused)).toEqual([403, false, "denied"]);
  const admin = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  const found = await bridge.post("review/some", decision, { authorization: `Bearer ${admin}` });
  expect(codeOf(found)).toEqual([404, false, "not_found"]);
});

test("limits are told with every call, and refused with what to wait for", async () => {
  const call = { tool: "one.echo", arguments: { text: "a" } };
  const left: (string | null)[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { status, headers } = await bridge.post("tool/call", call, withKey);
    expect([status, headers.get("x-ratelimit-limit")]).toEqual([200, "3"]);
    left.push(headers.get("x-ratelimit-remaining"));
  }
  expect(left).toEqual(["2", "1", "0"]);
  const refused = await bridge.post("tool/call", call, withKey);
  expect(codeOf(refused)).toEqual([429, false, "rate_limited"]);
  const { headers } = refused;
  expect(headers.get("x-ratelimit-remaining")).toBe("0");
  const wait = Number(headers.get("retry-after"));
  expect(wait).toBeGreaterThan(0);
  const reset = Number(headers.get("x-ratelimit-reset")) - Date.now() / 1000;
  expect(Math.abs(reset - wait)).toBeLessThan(30);
});

test("JSON that is none is refused with its place", async () => {
  const refused = await bridge.post("tool/call", '{\n  "tool": one\n}', withKey);
  expect(codeOf(refused)).toEqual([400, false, "invalid_input"]);
  expect(messageOf(refused)).toContain("line 2, column 11");
  expect(messageOf(await bridge.post("tool/call", "[1]", withKey))).toContain("JSON object");
});

test.each([
  ["tool/call", { tol: "one.echo" }, 'tol: unknown key; did you mean "tool"?'],
  [
    "tool/batch",
    { calls: [{ tool: "a", argments: {} }] },
    'calls.0.argments: unknown key; did you mean "arguments"?',
  ],
])("an unknown field of %s is named with the nearest", async (path, body, words) => {
  const refused = await bridge.post(path, body, withKey);
  expect([refused.status, messageOf(refused)]).toEqual([400, expect.stringContaining(words)]);
});

test("a query is read by the types of the operation, and refused where it does not fit", async () => {
  const good = await bridge.get("history?limit=5&from=2020-01-01T00:00:00Z&cached=", withKey);
  expect(messageOf(good)).toContain("cached: unknown key");
  expect((await bridge.get("history?limit=5&from=2020-01-01", withKey)).status).toBe(200);
  expect(messageOf(await bridge.get("history?limit=many", withKey))).toContain("limit");
  expect(messageOf(await bridge.get("history?limit=1&limit=2", withKey))).toContain("2 times");
  expect(messageOf(await bridge.post("cache/clear?server=one", {}, withKey))).toContain("body");
});

test("a path that is not there names near ones, a wrong method those that fit", async () => {
  const unknown = await bridge.get("tool/cal", withKey);
  expect(codeOf(unknown)).toEqual([404, false, "not_found"]);
  expect(messageOf(unknown)).toContain("/api/mcp/tool/call");
  const wrong = await bridge.get("tool/call", withKey);
  expect(codeOf(wrong)).toEqual([405, false, "method_not_allowed"]);
  expect(wrong.headers.get("allow")).toBe("POST, OPTIONS");
});

test("a body that is too large is refused before it is read", async () => {
  const headers = { ...withKey, "content-length": String(300 * 1024 * 1024) };
  expect(await rawStatus(`${bridge.rest}/tool/call`, { method: "POST", headers })).toBe(413);
});

test("a page may call from an allowed origin only, and reads the answer", async () => {
  const url = "history";
  const evil = await bridge.get(url, { ...withKey, origin: "https://evil.example" });
  expect(codeOf(evil)).toEqual([403, false, "denied"]);
  expect(evil.headers.get("access-control-allow-origin")).toBeNull();
  const good = await bridge.get(url, { ...withKey, origin: ORIGIN });
  expect([good.status, good.headers.get("access-control-allow-origin")]).toEqual([200, ORIGIN]);
  const asked = await bridge.ask("tool/call", { method: "OPTIONS", headers: { origin: ORIGIN } });
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-headers")).toContain("X-API-Key");
  const headers = { ...withKey, host: "evil.example" };
  expect(await rawStatus(`${bridge.rest}/history`, { method: "GET", headers })).toBe(403);
});

test("every resource names an operation, and every operation has a resource", () => {
  const names = OPERATIONS.map(({ name }) => name);
  const routed = new Set(ROUTES.map(({ operation }) => operation));
  expect([...routed].filter((name) => !names.includes(name))).toEqual([]);
  expect(names.filter((name) => !routed.has(name))).toEqual([]);
});
