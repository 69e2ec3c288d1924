import { expect, test } from "vitest";
import { feedRefusal } from "../_feed.ts";
import { type Attack, type Attacked, attackedBridge, expectRow, refuses } from "./_attacked.ts";

const attacked = attackedBridge({ http: { allowedOrigins: ["https://app.example.com"] } });

type Pair = readonly [string, string];

/** Every way in, each as a page in a browser could ask it. */
const doors = [
  ["the MCP endpoint", "POST", "/mcp", -32000],
  ["REST", "GET", "/api/mcp/history", "denied"],
  ["the login", "POST", "/api/mcp/login", "denied"],
  ["a page", "GET", "/api/mcp/docs", "denied"],
  ["the metrics", "GET", "/api/mcp/prometheus", "denied"],
  ["the preflight of REST", "OPTIONS", "/api/mcp/tool/call", "denied"],
  ["the upgrade of the feed", "GET", "/api/mcp/events", "denied"],
] as const;

const hosts: readonly string[] = [
  ...["evil.example", "evil.example:4100", "127.0.0.1.evil.example", "localhost.evil.example"],
  ...["localhost.", "127.0.0.1.", "user@127.0.0.1", "127.0.0.1@evil.example", "127.0.0.1#evil"],
  ...["127.0.0.1/evil", "127.0.0.1\\evil", "127.0.0.1?evil", "2130706433", "0x7f.1", "127.1"],
  ...["[::ffff:127.0.0.1]", "[::2]", "[::1", "0.0.0.0", "a b", "127.0.0.1:99999999", "%6cocalhost"],
  ...["l\u00f6calhost", "bridge.example", ""],
];
const origins: readonly string[] = [
  ...["null", "https://evil.example", "http://app.example.com", "https://app.example.com:444"],
  ...[
    "https://app.example.com.evil.example",
    "https://x.app.example.com",
    "https://app.example.com.",
  ],
  ...["https://APP.example.com", "https://app.example.com/", "https://user@app.example.com"],
  ...["http://localhost.", "http://evil@localhost", "http://2130706433", "http://[::2]", "file://"],
  ...["http://127.0.0.1.evil.example", "chrome-extension://abc", "moz-extension://x", "x"],
];

const ask =
  (method: string, path: string, headers: (it: Attacked) => readonly Pair[]) => (it: Attacked) => {
    const upgrade: Pair[] = [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ];
    return it.raw({
      ...{ method, path },
      headers: [
        ...headers(it),
        ["X-API-Key", it.keys.admin],
        ...(path.endsWith("/events") ? upgrade : []),
      ],
    });
  };

/** All of them at the two doors that differ most, a few at each of the others. */
const everywhere = (list: readonly string[]) =>
  doors.flatMap((door, at) =>
    (at < 2 ? list : list.slice(0, 4)).map((value) => [door, value] as const),
  );

const forgedHosts: Attack[] = everywhere(hosts).map(([[name, method, path, code], host]) => ({
  what: `the host ${JSON.stringify(host)} at ${name}`,
  send: ask(method, path, () => [["Host", host]]),
  refused: [403, code],
  row: { event: "request_refused", status: 403, reason: "host" },
}));

const forgedOrigins: Attack[] = everywhere(origins).map(([[name, method, path, code], origin]) => ({
  what: `the origin ${JSON.stringify(origin)} at ${name}`,
  send: ask(method, path, ({ port }) => [
    ["Host", `127.0.0.1:${port}`],
    ["Origin", origin],
  ]),
  refused: [403, code],
  row: { event: "request_refused", status: 403, reason: "origin" },
}));

/** A page that was loaded from a name which leads here now. */
const rebound: Attack[] = doors.map(([name, method, path, code]) => ({
  what: `a name that was bound to this machine later, at ${name}`,
  send: ask(method, path, ({ port }) => [
    ["Host", `rebound.evil.example:${port}`],
    ["Origin", `http://rebound.evil.example:${port}`],
  ]),
  refused: [403, code],
  row: { event: "request_refused", status: 403, reason: "host" },
}));

const proxied: Attack[] = [
  {
    what: "another host that a trusted proxy passes on",
    send: ask("GET", "/api/mcp/history", ({ port }) => [
      ["Host", `127.0.0.1:${port}`],
      ["X-Forwarded-Host", "evil.example"],
    ]),
    refused: [403, "denied"],
    row: { event: "request_refused", reason: "host" },
  },
  {
    what: "a sender that nobody can read",
    send: ask("GET", "/api/mcp/history", ({ port }) => [
      ["Host", `127.0.0.1:${port}`],
      ["X-Forwarded-For", "unknown"],
    ]),
    refused: [403, "denied"],
    row: { event: "request_refused", reason: "forwarded" },
  },
  {
    what: "two senders",
    send: ask("GET", "/api/mcp/history", ({ port }) => [
      ["Host", `127.0.0.1:${port}`],
      ["X-Forwarded-For", "198.51.100.1"],
      ["Forwarded", "for=127.0.0.1"],
    ]),
    refused: [403, "denied"],
    row: { event: "request_refused", reason: "forwarded" },
  },
];

test("the origin that may call may, and no answer names another one", async () => {
  const asked = (origin: string) =>
    ask("GET", "/api/mcp/history", ({ port }) => [
      ["Host", `localhost:${port}`],
      ["Origin", origin],
    ])(attacked());
  const good = await asked("https://app.example.com");
  expect([good.status, good.headers["access-control-allow-origin"]]).toEqual([
    200,
    "https://app.example.com",
  ]);
  expect((await asked("null")).headers["access-control-allow-origin"]).toBeUndefined();
});

test.each(["/", "/servers", "/assets/index.js", "/favicon.svg", "/nothing", "/readyz"])(
  "%s is shown under no name that is not the bridge's",
  async (path) => {
    for (const host of ["evil.example", "rebound.evil.example:4100"]) {
      const { status, text } = await attacked().raw({ path, headers: [["Host", host]] });
      expect([status, text.includes("<script")]).toEqual([403, false]);
    }
  },
);

test("a WebSocket from a page of others is refused before anybody asks for its key", async () => {
  const origin = "https://evil.example";
  const headers = { "x-api-key": attacked().keys.admin };
  expect(await feedRefusal(attacked().bridge.url, { origin, headers })).toBe(403);
  await expectRow(attacked(), { event: "request_refused", reason: "origin" });
});

refuses(attacked, [...forgedHosts, ...forgedOrigins, ...rebound, ...proxied]);
