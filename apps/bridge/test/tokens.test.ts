import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { badTokens } from "./_bad-tokens.ts";
import { type RestBridge, startRest } from "./_rest.ts";

const PUBLIC = "https://bridge.example";
const RESOURCE = `${PUBLIC}/mcp`;

let issuer: AuthorizationServer;
let stranger: AuthorizationServer;
let bridge: RestBridge;
beforeAll(async () => {
  [issuer, stranger] = [await startAuthorizationServer(), await startAuthorizationServer()];
  const oauth = {
    issuer: issuer.issuer,
    audience: "api://trestle",
    scopes: { reader: ["one:*:read"] },
  };
  bridge = await startRest({ http: { publicUrl: PUBLIC }, access: { oauth } });
}, 60_000);
afterAll(async () => {
  await Promise.all([bridge.stop(), issuer.close(), stranger.close()]);
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const tokenOf = (claims: JsonObject = {}, header: JsonObject = {}) =>
  issuer.issue({ sub: "ann", aud: RESOURCE, scope: "one:echo", ...claims }, header);
const ECHO = { tool: "one.echo", arguments: { text: "a" } };
const WRITE = { tool: "one.write", arguments: { key: "k" } };
const echo = (token: string) => bridge.post("tool/call", ECHO, bearer(token));

test("a token of the issuer lets its subject do what its scopes say", async () => {
  expect((await echo(tokenOf())).body).toMatchObject({ success: true });
  expect((await echo(tokenOf({ aud: ["other", "api://trestle"] }))).status).toBe(200);
  const reader = tokenOf({ scope: "openid reader" });
  expect((await echo(reader)).status).toBe(200);
  expect((await bridge.post("tool/call", WRITE, bearer(reader))).status).toBe(403);
  expect((await echo(tokenOf({ scope: "openid" }))).status).toBe(403);
  expect((await bridge.get("keys", bearer(tokenOf({ scope: "*:*" })))).status).toBe(403);
});

test("subjects see their own calls, and those of the same name elsewhere are others", async () => {
  await echo(tokenOf({ sub: "ben" }));
  const own = await bridge.get("history", bearer(tokenOf({ sub: "ben", scope: "*:*" })));
  const callers = objectsOf(objectOf(own.body.data).executions).map(({ principal }) => principal);
  expect(new Set(callers)).toEqual(new Set([expect.stringMatching(/^subject:[0-9a-f]{8}:ben$/)]));
});

test.each(badTokens)("a token %s is refused, and says where to get one", async (_what, make) => {
  const answer = await echo(await make({ issuer, stranger, resource: RESOURCE }));
  expect([answer.status, objectOf(answer.body.error).code]).toEqual([401, "unauthenticated"]);
  expect(answer.headers.get("www-authenticate")).toBe(
    `Bearer realm="trestle", error="invalid_token", resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource/mcp"`,
  );
});

const mcp = (token: string | undefined, tool: string) =>
  fetch(bridge.url, {
    method: "POST",
    headers: {
      ...(token === undefined ? {} : bearer(token)),
      ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
      ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool },
    },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
      params: {
        ...{ name: tool, arguments: { text: "a", key: "a" } },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });

test("a client of MCP learns where to get a token, and which one allows more", async () => {
  const without = await mcp(undefined, "one__echo");
  const challenge = without.headers.get("www-authenticate") ?? "";
  expect([without.status, challenge]).toEqual([401, expect.stringContaining("resource_metadata=")]);
  const [, url = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  const metadata = await fetch(new URL(new URL(url).pathname, bridge.url));
  expect(await metadata.json()).toEqual({
    ...{ resource: RESOURCE, authorization_servers: [issuer.issuer] },
    ...{ bearer_methods_supported: ["header"], scopes_supported: ["reader"] },
    resource_name: "Trestle",
  });
  const token = tokenOf();
  expect((await mcp(token, "one__echo")).status).toBe(200);
  const narrow = await mcp(token, "one__write");
  expect([narrow.status, narrow.headers.get("www-authenticate")]).toEqual([
    403,
    `Bearer error="insufficient_scope", scope="one:write:write", resource_metadata="${url}"`,
  ]);
  expect(objectOf((await narrow.json()) as JsonObject).error).toMatchObject({ code: -32603 });
});

test("events come over a WebSocket to whoever has a token, and to nobody else", async () => {
  const address = `${bridge.rest.replace("http", "ws")}/events`;
  const opened = (headers: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(address, { headers });
      socket.once("open", () => resolve("open"));
      socket.once("error", (error) => resolve(error.message));
      socket.once("open", () => socket.close());
    });
  expect(await opened(bearer(tokenOf({ scope: "*:*" })))).toBe("open");
  expect(await opened(bearer(stranger.issue({ sub: "ann", aud: RESOURCE })))).toContain("401");
});

test("when the issuer changes its keys, new tokens are good and old ones end", async () => {
  const old = tokenOf({ jti: "old" });
  issuer.rotateKey();
  await expect.poll(async () => (await echo(tokenOf())).status, { timeout: 20_000 }).toBe(200);
  expect((await echo(old)).status).toBe(401);
});

test("what was refused is on record, without the tokens", async () => {
  const admin = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  const log = await bridge.get("security/audit-logs?limit=1000", bearer(admin));
  expect(log.text).toMatch(/token: it has expired/);
  expect(log.text).not.toMatch(/eyJ/);
});
