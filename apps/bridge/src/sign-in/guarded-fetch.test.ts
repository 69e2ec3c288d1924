import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@trestle/protocol";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createGuardedFetch } from "./guarded-fetch.ts";

const PUBLIC = "https://mcp.example/mcp";
const names: Record<string, string> = {
  "mcp.example": "93.184.215.14",
  "inside.example": "10.0.0.7",
  "six.example": "::1",
  "mapped.example": "::ffff:169.254.169.254",
};

async function resolve(hostname: string) {
  const address = names[hostname];
  if (address === undefined) throw new Error("no such name");
  return [{ address, family: address.includes(":") ? 6 : 4 }];
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const refused: string[] = [];
const parts = { clock: systemClock, resolve, onRefused: (host: string) => void refused.push(host) };
const from = (server: string, issuer?: string) => createGuardedFetch({ ...parts, server, issuer });
beforeEach(() => void refused.splice(0));

test.each([
  ["http://mcp.example/token", /go over https/],
  ["https://inside.example/token", /not on the public internet/],
  ["https://six.example/token", /not on the public internet/],
  ["https://mapped.example/token", /not on the public internet/],
  ["https://127.0.0.1/token", /not on the public internet/],
  ["https://2130706433/token", /not on the public internet/],
  ["https://0x7f.1/token", /not on the public internet/],
  ["https://[::ffff:127.0.0.1]/token", /not on the public internet/],
  ["https://169.254.169.254/latest/meta-data", /not on the public internet/],
  ["https://us:secret@mcp.example/token", /no user or password/],
  ["file:///etc/passwd", /https URL/],
])("a server on the internet cannot send us to %s", async (url, message) => {
  await expect(from(PUBLIC)(url)).rejects.toMatchObject({
    message: expect.stringMatching(message),
  });
  expect(refused).toEqual([new URL(url).host || new URL(url).protocol]);
});

test("a server whose own name leads inside cannot send us there, but to what the operator named", async () => {
  const inside = from("https://inside.example/mcp", "https://six.example");
  for (const url of [
    "https://127.0.0.1/token",
    "http://169.254.169.254/",
    "https://mapped.example/",
  ]) {
    await expect(inside(url)).rejects.toMatchObject({ code: "denied" });
  }
  // Nobody listens there; it was asked.
  await expect(inside("https://six.example:1/token")).rejects.toMatchObject({ code: "denied" });
  await expect(inside("https://six.example/token")).rejects.toMatchObject({ code: "unavailable" });
  expect(refused).toEqual([...["127.0.0.1", "169.254.169.254", "mapped.example", "six.example:1"]]);
});

test("a server whose name became one of a private network is not asked, unless its host is listed", async () => {
  const listed: string[] = [];
  const guarded = createGuardedFetch({
    ...{ ...parts, server: "https://inside.example:1/mcp" },
    listed: () => listed,
  });
  const ask = () => guarded("https://inside.example:1/.well-known/oauth-protected-resource");
  await expect(ask()).rejects.toMatchObject({ code: "denied" });
  names["inside.example"] = "127.0.0.1";
  listed.push("inside.example:1");
  await expect(ask()).rejects.toMatchObject({ code: "unavailable" });
});

test("a server on this machine may name another one here, and what it answers is read", async () => {
  const other = await serve((request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ method: request.method, type: request.headers["content-type"] }));
  });
  const fetch = from(`${other}/mcp`);
  const body = new URLSearchParams({ grant_type: "refresh_token" });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await fetch(`${other}/token`, { method: "POST", headers, body });
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { method: "POST", type: headers["content-type"] },
  ]);
});

test("a redirect leads nowhere else, and round and round only so often", async () => {
  const other = await serve((_request, response) => response.writeHead(200).end("here"));
  const first = await serve((request, response) => {
    const to = request.url === "/away" ? `${other}/x` : "/round";
    response.writeHead(302, { location: to }).end();
  });
  const fetch = from(first);
  for (const path of ["/away", "/round"]) {
    await expect(fetch(first + path)).rejects.toMatchObject({ code: "denied" });
  }
  expect(refused).toEqual([new URL(other).host, new URL(first).host]);
});

test("an answer without end is not read to its end", async () => {
  const flood = await serve((_request, response) => {
    const more = (): void => {
      while (response.write("x".repeat(65_536)));
      response.once("drain", more);
    };
    more();
  });
  await expect(from(flood)(flood)).rejects.toMatchObject({ code: "unavailable" });
});

test("a name that does not resolve now was not refused", async () => {
  const lost = from(PUBLIC)("https://unknown.example/token");
  await expect(lost).rejects.toMatchObject({ code: "unavailable" });
  expect(refused).toEqual([]);
});

test("names are resolved as this machine does, unless told otherwise", async () => {
  const { resolve: _, ...plain } = parts;
  const guarded = createGuardedFetch({ ...plain, server: PUBLIC });
  await expect(guarded("https://localhost/token")).rejects.toMatchObject({ code: "denied" });
  expect(refused).toEqual(["localhost"]);
});

test("an answer may be empty", async () => {
  const server = await serve((_request, response) => response.writeHead(204).end());
  const answer = await from(server)(server);
  expect([answer.status, await answer.text()]).toEqual([204, ""]);
});
