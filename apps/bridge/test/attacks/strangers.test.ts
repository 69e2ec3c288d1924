import { expect, test, vi } from "vitest";
import { objectOf } from "../../src/cli/data.ts";
import { type Attack, type Attacked, attackedBridge, expectRow, refuses } from "./_attacked.ts";

/** Who shows nothing that tells who it is, or is not even looked at. */
const attacked = attackedBridge({
  mcpServers: { guarded: { url: "https://guarded.example/mcp" } },
});

type Pair = readonly [string, string];

const doors = [
  ["the MCP endpoint", "POST", "/mcp", undefined],
  ["REST", "GET", "/api/mcp/history", "unauthenticated"],
  ["the metrics", "GET", "/api/mcp/prometheus", "unauthenticated"],
  ["the upgrade of the feed", "GET", "/api/mcp/events", undefined],
  ["a path that is none", "POST", "/nothing/at/all", undefined],
] as const;

const UPGRADE: readonly Pair[] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

const shown: readonly (readonly [what: string, headers: readonly Pair[], reason: string])[] = [
  ["nothing", [], "missing"],
  ["an empty key", [["X-API-Key", ""]], "missing"],
  ["a bearer of nothing", [["Authorization", "Bearer "]], "missing"],
  ["another scheme", [["Authorization", "Basic YWRtaW46YWRtaW4="]], "missing"],
  ["a key where none is looked for", [["X-Key", "trestle_a_b"]], "missing"],
  ["a cookie of no session", [["Cookie", "trestle_session=admin"]], "session"],
];

/** Each kind has one address, so that it is one row. */
const from = (reason: string): Pair => ["X-Forwarded-For", `203.0.113.${reason.length}`];

const strangers: Attack[] = doors.flatMap(([door, method, path, code]) =>
  shown.map(([what, headers, reason]) => ({
    what: `${what}, shown at ${door}`,
    send: (it: Attacked) =>
      it.raw({
        ...{ method, path },
        headers: [
          ["Host", `127.0.0.1:${it.port}`],
          from(reason),
          ...headers,
          ...(path.endsWith("/events") ? UPGRADE : []),
        ],
      }),
    refused: [401, code] as const,
    row: { event: "credential_refused", reason, address: from(reason)[1] },
  })),
);

const returns: Attack[] = (
  [
    ["no state", ""],
    ["a state that was made up", "?code=1&state=eyJzZXJ2ZXIiOiJndWFyZGVkIn0"],
    ["a state that names the prototype", "?code=1&state=__proto__"],
    ["an error and no state", "?error=access_denied"],
  ] as const
).map(([what, query]) => ({
  what: `a return from a sign-in with ${what}`,
  send: (it) =>
    it.raw({
      path: `/oauth/callback${query}`,
      headers: [["Host", `127.0.0.1:${it.port}`], from("sign-in")],
    }),
  refused: [400, undefined],
  row: { event: "request_refused", status: 400, address: from("sign-in")[1] },
}));

test("what is for everybody is no refusal", async () => {
  const it = attacked();
  const before = await it.audit("event=credential_refused");
  for (const path of ["/healthz", "/readyz", "/api/mcp/health", "/api/mcp/me"]) {
    const headers: Pair[] = [["Host", `127.0.0.1:${it.port}`], from("everybody")];
    expect([path, (await it.raw({ path, headers })).status]).toEqual([path, 200]);
  }
  // Written after those, if they were.
  await it.rest("nobody", "history");
  await vi.waitFor(
    async () => {
      const after = await it.audit("event=credential_refused");
      expect(after.length).toBeGreaterThan(before.length);
      expect(after).not.toContainEqual(expect.objectContaining({ address: from("everybody")[1] }));
    },
    { timeout: 20_000, interval: 50 },
  );
});

test("a cookie that was used up is known as one", async () => {
  const it = attacked();
  const { headers, body } = await it.rest("narrow", "login", { body: {} });
  const [cookie = ""] = (headers["set-cookie"] ?? "").split(";");
  const csrf = String(objectOf(body.data).csrf_token);
  const own: Pair[] = [
    ["Cookie", cookie],
    ["X-CSRF-Token", csrf],
  ];
  expect((await it.rest("nobody", "logout", { body: {}, headers: own })).status).toBe(200);
  const again = await it.rest("nobody", "tool/call", { body: { tool: "one.echo" }, headers: own });
  expect([again.status, again.code]).toEqual([401, "unauthenticated"]);
  await expectRow(it, { event: "credential_refused", reason: "session" });
});

test("who is not looked at any more after many wrong keys is on record, too", async () => {
  const it = attacked();
  const address = "203.0.113.200";
  let [status, tries] = [0, 0];
  for (; tries < 60 && status !== 429; tries += 1) {
    const headers: Pair[] = [
      ["Host", `127.0.0.1:${it.port}`],
      ["X-Forwarded-For", address],
      ["X-API-Key", `wrong ${tries}`],
    ];
    ({ status } = await it.raw({ path: "/api/mcp/history", headers }));
  }
  expect(status).toBe(429);
  await expectRow(it, { event: "credential_refused", reason: "unknown", address });
  await expectRow(it, { event: "credential_refused", reason: "too many wrong ones", address });
});

refuses(attacked, [...strangers, ...returns]);
