import { type Attack, type Attacked, attackedBridge, modernBody, refuses } from "./_attacked.ts";

const attacked = attackedBridge();

type Pair = readonly [string, string];
const MALFORMED = { event: "request_refused", status: 400 };
const REPEATED = { event: "request_refused", reason: "repeated header" };
const CALL = modernBody("tools/call", { name: "one__echo", arguments: {} });
const INITIALIZE = {
  ...{ protocolVersion: "2025-06-18", capabilities: {} },
  clientInfo: { name: "attacker", version: "1" },
};
const LIST = modernBody("tools/list", {});

/** A good call in every way but for what is put in the place of a header, or behind it. */
const post =
  (headers: readonly Pair[], { body = CALL, withLength = true, path = "/mcp" } = {}) =>
  (it: Attacked) => {
    const given = new Set(headers.map(([name]) => name.toLowerCase()));
    const usual: Pair[] = [
      ["Host", `127.0.0.1:${it.port}`],
      ["X-API-Key", it.keys.narrow],
      ["Content-Type", "application/json"],
      ["Accept", "application/json, text/event-stream"],
      ["MCP-Protocol-Version", "2026-07-28"],
      ["Mcp-Method", "tools/call"],
      ["Mcp-Name", "one__echo"],
    ];
    return it.raw({
      ...{ method: "POST", path, body, withLength },
      headers: [...usual.filter(([name]) => !given.has(name.toLowerCase())), ...headers],
    });
  };
const length = String(Buffer.byteLength(CALL));
const chunked = `${Buffer.byteLength(CALL).toString(16)}\r\n${CALL}\r\n0\r\n\r\n`;

/** Two readers that see two lengths see two requests. */
const smuggling: Attack[] = (
  [
    [
      "a length and chunks",
      [
        ["Content-Length", length],
        ["Transfer-Encoding", "chunked"],
      ],
      chunked,
    ],
    [
      "chunks and a length",
      [
        ["Transfer-Encoding", "chunked"],
        ["Content-Length", "4"],
      ],
      chunked,
    ],
    [
      "two lengths",
      [
        ["Content-Length", length],
        ["Content-Length", "5"],
      ],
      CALL,
    ],
    [
      "two lengths that are the same",
      [
        ["Content-Length", length],
        ["Content-Length", length],
      ],
      CALL,
    ],
    ["a list of lengths", [["Content-Length", `${length}, ${length}`]], CALL],
    ["a length with a sign", [["Content-Length", `+${length}`]], CALL],
    ["a length below nothing", [["Content-Length", "-1"]], CALL],
    ["a length in hexadecimal", [["Content-Length", "0x10"]], CALL],
    [
      "chunks twice",
      [
        ["Transfer-Encoding", "chunked"],
        ["Transfer-Encoding", "identity"],
      ],
      chunked,
    ],
    ["chunks of another spelling", [["Transfer-Encoding", "xchunked"]], chunked],
    ["chunks behind a vertical tab", [["Transfer-Encoding", "\x0bchunked"]], chunked],
    ["a space before the colon", [["Content-Length ", length]], CALL],
    ["a chunk of no number", [["Transfer-Encoding", "chunked"]], `zz\r\n${CALL}\r\n0\r\n\r\n`],
    ["a NUL in a header", [["X-Other", "a\0b"]], CALL],
    ["a line break alone in a header", [["X-Other", "a\nX-API-Key: b"]], CALL],
    ["a header that goes on in the next line", [["X-Other", "a\r\n b"]], CALL],
    ["a header without a name", [["", "b"]], CALL],
  ] as const
).map(([what, headers, body]) => ({
  what,
  send: post(headers, { body, withLength: false }),
  refused: [400, -32600],
  row: MALFORMED,
}));

const twice: Attack[] = (
  [
    ["Authorization", "Bearer a", "Bearer b"],
    ["X-API-Key", "a", "b"],
    ["Host", "127.0.0.1", "evil.example"],
    ["Host", "evil.example", "127.0.0.1"],
    ["Origin", "http://127.0.0.1", "https://evil.example"],
    ["Mcp-Method", "tools/call", "tools/list"],
    ["Mcp-Name", "one__echo", "one__plain"],
    ["MCP-Protocol-Version", "2026-07-28", "2025-06-18"],
    ["Mcp-Session-Id", "a", "b"],
    ["Content-Type", "application/json", "text/plain"],
  ] as const
).flatMap(([name, a, b]) =>
  (["/mcp", "/api/mcp/tool/call"] as const).map((path) => ({
    what: `${name} twice, ${a} and ${b}, at ${path}`,
    send: post(
      [
        [name, a],
        [name.toLowerCase(), b],
      ],
      { path },
    ),
    refused: [403, path === "/mcp" ? -32000 : "denied"] as const,
    row: REPEATED,
  })),
);

/** Headers that say one thing, and a body that says another. */
const disagreeing: Attack[] = (
  [
    ["a method that is not the body's", [["Mcp-Method", "tools/list"]], CALL],
    ["a name that is not the body's", [["Mcp-Name", "one__plain"]], CALL],
    ["a good name before a bad body", [], modernBody("tools/call", { name: "one__plain" })],
    ["a method in capitals", [["Mcp-Method", "TOOLS/CALL"]], CALL],
    ["another version than the body's", [["MCP-Protocol-Version", "2027-01-01"]], CALL],
    ["the headers of a call before a list", [], LIST],
  ] as const
).map(([what, headers, body]) => ({
  what,
  send: post(headers, { body }),
  refused: [400, -32020],
  row: MALFORMED,
}));

const others: Attack[] = [
  {
    what: "headers of 64 KiB",
    send: post([["X-Other", "a".repeat(65_536)]]),
    refused: [431, -32600],
    row: { event: "request_refused", status: 431 },
  },
  {
    what: "5,000 headers",
    send: post(Array.from({ length: 5_000 }, (_, at) => [`X-${at}`, "a"] as const)),
    refused: [431, -32600],
    row: { event: "request_refused", status: 431 },
  },
  {
    what: "a key of two, in one header",
    send: (it) => post([["X-API-Key", `${it.keys.narrow}, ${it.keys.narrow}`]])(it),
    refused: [401, "invalid_token"],
    row: { event: "credential_refused", reason: "unknown" },
  },
  {
    what: "another version of HTTP",
    send: (it) => it.bytes("GET /mcp HTTP/9.9\r\nHost: a\r\n\r\n"),
    refused: [400, -32600],
    row: MALFORMED,
  },
  {
    what: "no HTTP at all",
    send: (it) => it.bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    refused: [400, -32600],
    row: MALFORMED,
  },
  {
    what: "a legacy body under headers of the modern era",
    send: post([], {
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "one__echo" },
      }),
    }),
    refused: [400, -32602],
    row: MALFORMED,
  },
  {
    what: "a list of messages",
    send: post([], { body: `[${CALL},${CALL}]` }),
    refused: [400, -32600],
    row: MALFORMED,
  },
  {
    what: "a form of a page instead of JSON",
    send: post([["Content-Type", "text/plain"]]),
    refused: [415, -32000],
    row: { event: "request_refused", status: 415 },
  },
  {
    what: "a legacy request that takes no answer of ours",
    send: post(
      [
        ["MCP-Protocol-Version", "2025-06-18"],
        ["Accept", "text/plain"],
      ],
      {
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE }),
      },
    ),
    refused: [406, -32000],
    row: { event: "request_refused", status: 406 },
  },
];

refuses(attacked, [...smuggling, ...twice, ...disagreeing, ...others]);
