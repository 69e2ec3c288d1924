import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Attack, type Attacked, attackedBridge, refuses } from "./_attacked.ts";

const attacked = attackedBridge();

const MIB = 1024 * 1024;
const deep = (levels: number, open = "[", close = "]") =>
  open.repeat(levels) + close.repeat(levels);
const bomb = Buffer.from(`{"tool":"one.echo","arguments":{"text":"${"a".repeat(50 * MIB)}"}}`);

/** A body for REST, and the same as the arguments of a call over MCP. */
const broken: readonly (readonly [what: string, json: string])[] = [
  ["1,000,000 lists in each other", deep(1_000_000)],
  ["1,000,000 objects in each other", deep(1_000_000, '{"a":', "}")],
  ["1,100 lists in each other", `{"a":${deep(1_100)}}`],
  ["1,000,000 lists that never end", "[".repeat(1_000_000)],
  [
    "an object of 60,000 members",
    `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":0`).join(",")}}`,
  ],
  ["a text that never ends", `{"a":"${"a".repeat(100_000)}`],
  ["a number that is none", '{"a":1e}'],
  ["a number in hexadecimal", '{"a":0x10}'],
  ["what no JSON has", '{"a":NaN}'],
  ["half a letter", '{"a":"\\ud8"}'],
  ["a comment", '{"a":1/* */}'],
  ["two values", '{"a":1}{"a":2}'],
  ["bytes that are no text", "\u0000\u0001\u0002"],
];

const plain: Attack[] = broken.flatMap(([what, json]) => [
  {
    what: `${what}, over REST`,
    send: (it: Attacked) => it.rest("narrow", "tool/call", { body: json }),
    refused: [400, "invalid_input"] as const,
    row: { event: "request_refused", status: 400 },
  },
  {
    what: `${what}, over MCP`,
    send: (it: Attacked) => mcp(it, json),
    refused: [400, -32700] as const,
    row: { event: "request_refused", status: 400 },
  },
]);

const packed: Attack[] = (
  [
    ["gzip", gzipSync(bomb)],
    ["br", brotliCompressSync(bomb)],
    ["deflate", deflateSync(bomb)],
    ["gzip, gzip", gzipSync(gzipSync(bomb))],
  ] as const
).flatMap(([coding, body]) => [
  {
    what: `${body.length} bytes of ${coding} that become 50 MiB, over REST`,
    send: (it: Attacked) =>
      it.rest("narrow", "tool/call", { body, headers: [["Content-Encoding", coding]] }),
    refused: [400, "invalid_input"] as const,
    row: { event: "request_refused", status: 400 },
  },
  {
    what: `${body.length} bytes of ${coding} that become 50 MiB, over MCP`,
    send: (it: Attacked) => mcp(it, body, [["Content-Encoding", coding]]),
    refused: [400, -32700] as const,
    row: { event: "request_refused", status: 400 },
  },
]);

function mcp(
  it: Attacked,
  body: string | Buffer,
  more: readonly (readonly [string, string])[] = [],
) {
  return it.raw({
    ...{ method: "POST", path: "/mcp", body },
    headers: [
      ["Host", `127.0.0.1:${it.port}`],
      ["X-API-Key", it.keys.narrow],
      ["Content-Type", "application/json"],
      ["Accept", "application/json, text/event-stream"],
      ["MCP-Protocol-Version", "2026-07-28"],
      ["Mcp-Method", "tools/call"],
      ["Mcp-Name", "one__echo"],
      ...more,
    ],
  });
}

const head = (it: Attacked, path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: ${it.keys.narrow}\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

const large: Attack[] = [
  {
    what: "a length of 1 TiB, over REST",
    send: (it) => it.bytes(head(it, "/api/mcp/tool/call", `Content-Length: ${MIB * MIB}`)),
    refused: [413, "too_large"],
    row: { event: "request_refused", status: 413 },
  },
  {
    what: "a length of 1 TiB, over MCP",
    send: (it) => it.bytes(head(it, "/mcp", `Content-Length: ${MIB * MIB}`)),
    refused: [413, -32600],
    row: { event: "request_refused", status: 413 },
  },
  {
    what: "chunks with extensions of 64 KiB",
    send: (it) =>
      it.bytes(`${head(it, "/mcp", "Transfer-Encoding: chunked")}1;${"a".repeat(65_536)}\r\na\r\n`),
    refused: [413, -32600],
    row: { event: "request_refused", status: 413 },
  },
  {
    what: "a body without its key",
    send: (it) =>
      it.rest("nobody", "tool/call", {
        body: '{"tool":"one.echo"}',
        headers: [["X-API-Key", "wrong"]],
      }),
    refused: [401, "unauthenticated"],
    row: { event: "credential_refused", reason: "unknown" },
  },
];

test("a long number and a long text are no harm", async () => {
  const it = attacked();
  const body = `{"tool":"one.plain","arguments":{"a":${"9".repeat(100_000)}}}`;
  const number = await it.rest("narrow", "tool/call", { body });
  expect([number.status, number.code]).toEqual([403, "denied"]);
  const digits = await it.rest("narrow", "history?limit=1e999");
  expect([digits.status, digits.code]).toEqual([400, "invalid_input"]);
  const args = { text: "a".repeat(MIB) };
  const text = await it.rpc("narrow", "tools/call", { name: "one__echo", arguments: args });
  expect([text.status, text.code]).toEqual([200, undefined]);
});

test("a body that is under way keeps nobody else from being answered", async () => {
  const it = attacked();
  const slow = it.bytes(head(it, "/mcp", "Content-Length: 1000"));
  slow.catch(() => {});
  const { status } = await it.rest("narrow", "tool/call", { body: { tool: "one.echo" } });
  expect(status).toBe(200);
});

refuses(attacked, [...plain, ...packed, ...large]);
