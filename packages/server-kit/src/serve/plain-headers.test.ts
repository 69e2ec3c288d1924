import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { plainHeaders } from "./plain-headers.ts";

/** What Node makes of these header lines, and what they were. */
async function asNode(lines: readonly string[]): Promise<[IncomingHttpHeaders, string[]]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
  socket.write(
    `GET / HTTP/1.1\r\nHost: here\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`,
  );
  const [request] = await once(server, "request");
  socket.destroy();
  server.close();
  return [request.headers, request.rawHeaders];
}

test.each([
  [["Content-Type: application/json", "X-API-Key: a, b", "ACCEPT: */*", "accept-language:"]],
  [["Cookie: a=1; b=2", "Authorization: Bearer x", "Mcp-Session-Id: 1"]],
  [[]],
])("are what Node makes of %j", async (lines) => {
  const [headers, raw] = await asNode(lines);
  expect(plainHeaders(raw)).toEqual(headers);
});

test.each([
  [["Authorization: Bearer a", "authorization: Bearer b"]],
  [["X-Forwarded-For: a", "x-forwarded-for: b"]],
  [["Set-Cookie: a=1"]],
  [["Constructor: x"]],
  [["__proto__: x"]],
])("are left to Node where %j", async (lines) => {
  const [, raw] = await asNode(lines);
  expect(plainHeaders(raw)).toBeUndefined();
});
