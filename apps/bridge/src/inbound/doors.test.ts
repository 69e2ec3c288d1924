import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import {
  type JsonObject,
  META,
  MODERN_VERSION,
  type Principal,
  type ServerInstance,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { open } from "../access/_access.ts";
import type { Access } from "../access/access.ts";
import { loadConfig } from "../config/load.ts";
import { askOwner } from "./control.ts";
import { createInbound } from "./owner.ts";

/** A bridge of which only the doors are real; what is behind them says who came in. */
function instanceOf(seen: Principal[]): ServerInstance {
  return {
    info: { name: "test", version: "1" },
    capabilities: { tools: {} },
    async request(method, _params, { principal }) {
      if (method === "tools/call") seen.push(principal);
      return { content: [] };
    },
    subscribe: () => () => {},
    close: async () => {},
  };
}

async function openDoors({ access, home }: { access: Access; home: string }) {
  const seen: Principal[] = [];
  const bridge = {
    instance: instanceOf(seen),
    core: { access },
    isPlain: isShort,
    status: () => [],
  };
  const config = loadConfig({ cwd: home, env: { TRESTLE_HOME: home } });
  const inbound = createInbound({
    bridge: bridge as never,
    config,
    log: silentLogger,
    clock: systemClock,
    facts: {},
    onStop: () => {},
    onListening: () => {},
  });
  onTestFinished(() => inbound.close());
  const sockets = createServer((socket) => inbound.admit(socket));
  sockets.listen(join(home, "door.sock"));
  await once(sockets, "listening");
  onTestFinished(() => void sockets.close());
  return { inbound, seen };
}

function isShort(name: string): boolean {
  return name === "short";
}

/** Calls a tool over HTTP; `short` goes beside the SDK, any other through it. */
async function call(url: string, name: string, headers: Record<string, string> = {}) {
  const envelope = { [META.protocolVersion]: MODERN_VERSION, [META.clientCapabilities]: {} };
  const params = { name, arguments: {}, _meta: envelope };
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": MODERN_VERSION,
      "mcp-method": "tools/call",
      "mcp-name": name,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test.each(["short", "long"])("HTTP lets in whoever has a key, on the %s way", async (name) => {
  const opened = await open();
  const { inbound, seen } = await openDoors(opened);
  const url = await inbound.listen({ host: "127.0.0.1", port: 0 });
  expect((await call(url, name)).status).toBe(200);
  expect((await call(url, name, { "x-forwarded-for": "192.0.2.7" })).status).toBe(401);
  const { text, id, principal } = await opened.createKey(["database:*"]);
  const none = await call(url, name);
  expect(none.status).toBe(401);
  expect(none.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
  expect(none.text).toContain("Authorization: Bearer KEY");
  expect((await call(url, name, { authorization: `Bearer ${text}` })).status).toBe(200);
  expect((await call(url, name, { "x-api-key": text })).status).toBe(200);
  expect((await call(url, name, { "x-api-key": opened.adminCredential() })).status).toBe(200);
  await opened.access.keys.revoke(id);
  expect((await call(url, name, { "x-api-key": text })).status).toBe(401);
  expect(seen.map((each) => [each.id, each.kind])).toEqual([
    ["local", "local"],
    [principal.id, "key"],
    [principal.id, "key"],
    ["admin", "admin"],
  ]);
});

test("an address that others reach is not served before there is a key, and nobody there goes without", async () => {
  const opened = await open();
  const { inbound } = await openDoors(opened);
  const address = { host: "0.0.0.0", port: 0 };
  await expect(inbound.listen(address)).rejects.toMatchObject({
    code: "invalid_config",
    message: expect.stringContaining("set http.key"),
  });
  opened.configure({ http: { key: "a key that somebody chose" } });
  const url = (await inbound.listen(address)).replace("0.0.0.0", "127.0.0.1");
  expect((await call(url, "short")).status).toBe(401);
  opened.configure({ http: {} });
  expect((await call(url, "short")).status).toBe(401);
});

test("over the home's socket everybody is local, and administers with the credential", async () => {
  const opened = await open();
  const { seen } = await openDoors(opened);
  const ask = async (fields: JsonObject) => {
    const socket = connect(join(opened.home, "door.sock"));
    onTestFinished(() => void socket.destroy());
    return askOwner(socket, { do: "request", method: "tools/call", params: {}, ...fields });
  };
  await ask({});
  await ask({ admin: opened.adminCredential() });
  await expect(ask({ admin: "wrong" })).rejects.toMatchObject({ code: "denied" });
  expect(seen.map(({ kind }) => kind)).toEqual(["local", "admin"]);
  expect(await opened.audited()).toMatchObject([
    { event: "credential_refused", reason: "admin", address: "home" },
  ]);
});
