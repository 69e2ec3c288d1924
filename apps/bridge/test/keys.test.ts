import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { until } from "./_processes.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge;
let admin: { authorization: string };
beforeAll(async () => {
  const tools = ["one.echo"];
  bridge = await startRest({ catalog: { profiles: { kiosk: { tools } } } });
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  admin = { authorization: `Bearer ${text}` };
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const dataOf = ({ body }: Answered) => objectOf(body.data);
const codeOf = ({ status, body }: Answered) => [status, objectOf(body.error).code];
const as = (key: unknown) => ({ "x-api-key": String(key) });
const call = { tool: "one.echo", arguments: { text: "a" } };

async function make(input: object): Promise<ReturnType<typeof dataOf>> {
  const made = await bridge.post("keys", input, admin);
  expect(made.status).toBe(200);
  return dataOf(made);
}

test("a key is shown once, does what its scopes say, and ends when it is revoked", async () => {
  const made = await make({ name: "ci", scopes: ["one:echo"] });
  expect(made).toMatchObject({ name: "ci", state: "valid", principal: `key:${made.id}` });
  expect((await bridge.post("tool/call", call, as(made.key))).status).toBe(200);
  const other = { tool: "one.read", arguments: {} };
  expect(codeOf(await bridge.post("tool/call", other, as(made.key)))).toEqual([403, "denied"]);
  const listed = await bridge.get("keys", admin);
  expect(listed.text).not.toContain(String(made.key));
  expect(objectsOf(dataOf(listed).keys)).toContainEqual(expect.objectContaining({ id: made.id }));
  const path = `keys/${made.id}`;
  const revoked = await bridge.ask(path, { method: "DELETE", headers: admin });
  expect(dataOf(revoked)).toMatchObject({ id: made.id, state: "revoked" });
  const refused = await bridge.post("tool/call", call, as(made.key));
  expect(codeOf(refused)).toEqual([401, "unauthenticated"]);
  const gone = await bridge.ask("keys/none", { method: "DELETE", headers: admin });
  expect(codeOf(gone)).toEqual([404, "not_found"]);
});

test("only the administrator has to do with keys", async () => {
  const { key, id } = await make({ name: "holder of everything" });
  const attempts = [
    bridge.get("keys", as(key)),
    bridge.post("keys", { name: "mine" }, as(key)),
    bridge.post(`keys/${id}/rotate`, {}, as(key)),
    bridge.ask(`keys/${id}`, { method: "DELETE", headers: as(key) }),
  ];
  for (const refused of await Promise.all(attempts)) {
    expect(codeOf(refused)).toEqual([403, "denied"]);
  }
  expect(codeOf(await bridge.get("keys"))).toEqual([401, "unauthenticated"]);
});

test("a rotated key is the same caller with both secrets, until the overlap ends", async () => {
  const first = await make({ name: "turning" });
  const path = `keys/${first.id}/rotate`;
  const second = dataOf(await bridge.post(path, { overlap_s: 60 }, admin));
  for (const { key } of [first, second]) {
    expect((await bridge.post("tool/call", call, as(key))).status).toBe(200);
  }
  const seen = await bridge.get(`history?principal=key:${first.id}`, admin);
  expect(objectsOf(dataOf(seen).executions)).toHaveLength(2);
  const third = dataOf(await bridge.post(path, { overlap_s: 0 }, admin));
  const statuses = [first, second, third].map(({ key }) =>
    bridge.post("tool/call", call, as(key)).then(({ status }) => status),
  );
  expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
});

test("a key has its own limit, and sees its own profile", async () => {
  const limit = { calls: 2, window_ms: 3_600_000 };
  const { key } = await make({ name: "kiosk", limit, profile: "kiosk" });
  const statuses: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    statuses.push((await bridge.post("tool/call", call, as(key))).status);
  }
  expect(statuses).toEqual([200, 200, 429]);
  const client = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
  const version = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const listed = await bridge.ask(bridge.url, {
    method: "POST",
    headers: {
      ...as(key),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": version,
      "mcp-method": "tools/list",
    },
    body: JSON.stringify({ ...client, params: { _meta: meta } }),
  });
  const names = [...listed.text.matchAll(/"name":"(one__\w+)"/g)].map(([, name]) => name);
  expect(names).toEqual(["one__echo"]);
});

test("a call that runs ends with the key that made it", async () => {
  const { key, id } = await make({ name: "slow" });
  const running = bridge
    .post("tool/call", { tool: "one.read", arguments: { beforeMs: 60_000 } }, as(key))
    .then(
      () => "answered",
      () => "cut off",
    );
  await until("the call runs", async () => {
    return objectsOf(dataOf(await bridge.get("health", admin)).servers)[0]?.running === 1;
  });
  await bridge.ask(`keys/${id}`, { method: "DELETE", headers: admin });
  expect(await running).toBe("cut off");
});

test.each([
  [{}, "name"],
  [{ name: "x", scopes: ["one"] }, "scopes"],
  [{ name: "x", expires_at: "2001-01-01" }, "future"],
  [{ name: "x", limit: { calls: 0 } }, "limit"],
  [{ name: "x", profile: "kiosc" }, 'Did you mean "kiosk"?'],
])("no key is made of %j", async (input, named) => {
  const count = async () => objectsOf(dataOf(await bridge.get("keys", admin)).keys).length;
  const before = await count();
  const refused = await bridge.post("keys", input, admin);
  expect(codeOf(refused)).toEqual([400, "invalid_input"]);
  expect(objectOf(refused.body.error).message).toContain(named);
  expect(await count()).toBe(before);
});

test("the command line makes, rotates and revokes keys; only the key is on stdout", async () => {
  const run = (...args: string[]) => trestle(["keys", ...args], { home: bridge.home });
  const words = ["create", "script", "--scope", "one:*", "--expires", "90d", "--limit", "20/1m"];
  const made = await run(...words);
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("shown this once") });
  const [key, id = ""] = /^trestle_([0-9a-f]{12})_\S+\n$/.exec(made.stdout) ?? [];
  expect((await bridge.post("tool/call", call, as(key?.trim()))).status).toBe(200);
  const rotated = await run("rotate", id, "--overlap", "0s", "--json");
  expect(JSON.parse(rotated.stdout)).toMatchObject({ id, state: "valid" });
  expect((await run()).stdout).toMatch(new RegExp(`${id} +script +valid +one:\\*`));
  expect(await run("revoke", id)).toMatchObject({ code: 0 });
  const { keys } = JSON.parse((await run("--state", "revoked", "--json")).stdout);
  expect(objectsOf(keys)).toContainEqual(expect.objectContaining({ id, state: "revoked" }));
  expect(await run("revoke", "nobody")).toMatchObject({ code: 1 });
  expect(await run("create", "x", "--limit", "many")).toMatchObject({ code: 2 });
});
