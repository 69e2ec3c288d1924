import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { startBridge } from "./_bridge.ts";
import { connectFeed } from "./_feed.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge;
let admin: { authorization: string };
beforeAll(async () => {
  bridge = await startRest();
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  admin = { authorization: `Bearer ${text}` };
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const dataOf = ({ body }: Answered) => objectOf(body.data);
const codeOf = ({ status, body }: Answered) => [status, objectOf(body.error).code];
const call = { tool: "one.echo", arguments: { text: "a" } };

async function makeKey(more: object = {}): Promise<{ id: string; text: string }> {
  const { id, key } = dataOf(await bridge.post("keys", { name: "person", ...more }, admin));
  return { id: String(id), text: String(key) };
}

interface Browser {
  readonly cookie: string;
  readonly setCookie: string;
  readonly csrf: string;
  readonly data: ReturnType<typeof dataOf>;
  /** As a page of ours asks. */
  readonly read: { readonly cookie: string };
  readonly change: { readonly cookie: string; readonly "x-csrf-token": string };
}

async function logIn(headers: Record<string, string>): Promise<Browser> {
  const answered = await bridge.post("login", {}, headers);
  expect(answered.status).toBe(200);
  const setCookie = answered.headers.get("set-cookie") ?? "";
  const [cookie = ""] = setCookie.split(";");
  const csrf = String(dataOf(answered).csrf_token);
  const read = { cookie };
  return {
    ...{ cookie, setCookie, csrf, data: dataOf(answered), read },
    change: { cookie, "x-csrf-token": csrf },
  };
}

test("a key is given once for a cookie that no script reads and no other site sends", async () => {
  const key = await makeKey({ scopes: ["one:*"] });
  const { setCookie, data, cookie, csrf } = await logIn({ "x-api-key": key.text });
  expect(setCookie).toMatch(/^trestle_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Expires=/);
  expect(setCookie).not.toContain("Secure");
  expect(data).toEqual({
    principal: { id: `key:${key.id}`, kind: "key" },
    expires_at: expect.any(String),
    csrf_token: csrf,
  });
  const left = Date.parse(String(data.expires_at)) - Date.now();
  expect(left).toBeGreaterThan(11 * 3_600_000);
  expect(left).toBeLessThanOrEqual(12 * 3_600_000);
  expect(cookie).not.toContain(key.text.slice(-43));
  // What anybody may write is nothing to go by.
  const claimed = { "x-api-key": key.text, "x-forwarded-proto": "https" };
  expect((await logIn(claimed)).setCookie).not.toContain("; Secure");
});

test("a session reads with its cookie alone, and changes only with the token of its pages", async () => {
  const { text } = await makeKey({ scopes: ["one:*"] });
  const { read, change, csrf } = await logIn({ "x-api-key": text });
  expect((await bridge.get("history", read)).status).toBe(200);
  expect(dataOf(await bridge.get("session", read)).csrf_token).toBe(csrf);
  const forged = await bridge.post("tool/call", call, read);
  expect(codeOf(forged)).toEqual([403, "denied"]);
  const wrong = await bridge.post("tool/call", call, { ...read, "x-csrf-token": "x" });
  expect(codeOf(wrong)).toEqual([403, "denied"]);
  expect((await bridge.post("tool/call", call, change)).status).toBe(200);
  const other = await logIn({ "x-api-key": text });
  const mixed = { cookie: read.cookie, "x-csrf-token": other.csrf };
  expect(codeOf(await bridge.post("tool/call", call, mixed))).toEqual([403, "denied"]);
  const logged = await bridge.get("security/audit-logs?event=csrf_refused", admin);
  expect(objectsOf(dataOf(logged).entries).length).toBeGreaterThan(0);
});

test("a session may do what its key may, and the administrator's administers", async () => {
  const { text } = await makeKey({ scopes: ["one:read"] });
  const narrow = await logIn({ "x-api-key": text });
  expect(codeOf(await bridge.post("tool/call", call, narrow.change))).toEqual([403, "denied"]);
  expect(codeOf(await bridge.get("keys", narrow.read))).toEqual([403, "denied"]);
  const wide = await logIn(admin);
  expect((await bridge.get("keys", wide.read)).status).toBe(200);
  expect((await bridge.post("keys", { name: "by hand" }, wide.change)).status).toBe(200);
  expect(codeOf(await bridge.post("keys", { name: "forged" }, wide.read))[0]).toBe(403);
});

test("logging out ends the session, also for a copy of its cookie and after a restart", async () => {
  const { text } = await makeKey();
  const { change, read } = await logIn({ "x-api-key": text });
  expect(codeOf(await bridge.post("logout", {}, read))).toEqual([403, "denied"]);
  const out = await bridge.post("logout", {}, change);
  expect(out.status).toBe(200);
  expect(out.headers.get("set-cookie")).toMatch(/^trestle_session=;.*Expires=Thu, 01 Jan 1970/);
  expect(codeOf(await bridge.get("history", read))).toEqual([401, "unauthenticated"]);
  expect(codeOf(await bridge.post("logout", {}, { "x-api-key": text }))).toEqual([
    404,
    "not_found",
  ]);
});

test("what a session has open ends with it", async () => {
  const { text } = await makeKey();
  const { change, read } = await logIn({ "x-api-key": text });
  const other = await logIn({ "x-api-key": text });
  const feed = await connectFeed(bridge.url, { headers: read });
  const kept = await connectFeed(bridge.url, { headers: other.read });
  await bridge.post("logout", {}, change);
  await feed.closed;
  expect(kept.socket.readyState).toBe(kept.socket.OPEN);
});

test("a session ends with its key: revoked, or replaced", async () => {
  const gone = await makeKey();
  const first = await logIn({ "x-api-key": gone.text });
  await bridge.ask(`keys/${gone.id}`, { method: "DELETE", headers: admin });
  expect(codeOf(await bridge.get("history", first.read))).toEqual([401, "unauthenticated"]);
  const turned = await makeKey();
  const second = await logIn({ "x-api-key": turned.text });
  await bridge.post(`keys/${turned.id}/rotate`, { overlap_s: 60 }, admin);
  expect((await bridge.get("history", second.read)).status).toBe(200);
  await bridge.post(`keys/${turned.id}/rotate`, { overlap_s: 0 }, admin);
  expect(codeOf(await bridge.get("history", second.read))).toEqual([401, "unauthenticated"]);
});

test("nobody logs in without a key, and no session makes the next", async () => {
  const { text } = await makeKey();
  const { change } = await logIn({ "x-api-key": text });
  expect(codeOf(await bridge.post("login", {}, change))).toEqual([400, "invalid_input"]);
  expect(codeOf(await bridge.post("login", {}))).toEqual([401, "unauthenticated"]);
  const wrong = await bridge.post("login", {}, { "x-api-key": "a mistyped key" });
  expect(codeOf(wrong)).toEqual([401, "unauthenticated"]);
  expect(wrong.headers.get("set-cookie")).toBeNull();
});

test.each([
  ["no cookie of ours", "other=1"],
  ["an empty one", "trestle_session="],
  ["one that was changed", "trestle_session=1.abc.AAAA"],
  ["one with another name", "xtrestle_session=1.abc.AAAA"],
])("%s is no session", async (_what, cookie) => {
  expect(codeOf(await bridge.get("history", { cookie }))).toEqual([401, "unauthenticated"]);
});

test("a session outlives the bridge that began it, and its end does, too", async () => {
  const first = await startRest();
  const text = readFileSync(join(first.home, "admin.key"), "utf8").trim();
  const begin = async () => {
    const answered = await first.post("login", {}, { "x-api-key": text });
    const [cookie = ""] = (answered.headers.get("set-cookie") ?? "").split(";");
    return { cookie, "x-csrf-token": String(dataOf(answered).csrf_token) };
  };
  const [kept, ended] = [await begin(), await begin()];
  await first.post("logout", {}, ended);
  const { cpSync, mkdtempSync, rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  first.child.kill("SIGTERM");
  await first.exited;
  const home = mkdtempSync(join(tmpdir(), "trestle-login-"));
  cpSync(first.home, home, {
    recursive: true,
    filter: (path) => !/owner\.(lock|json)|sock/.test(path),
  });
  const next = await startBridge({ home, config: {} });
  try {
    const ask = async (headers: Record<string, string>) => {
      const url = next.url.replace(/\/mcp$/, "/api/mcp/session");
      return (await fetch(url, { headers })).status;
    };
    expect(await ask(kept)).toBe(200);
    expect(await ask(ended)).toBe(404); // on this machine, without a key, and without a session
  } finally {
    await next.stop();
    await first.stop();
    rmSync(home, { recursive: true, force: true });
  }
});
