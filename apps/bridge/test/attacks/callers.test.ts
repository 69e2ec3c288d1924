import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { objectOf, objectsOf } from "../../src/cli/data.ts";
import { badTokens } from "../_bad-tokens.ts";
import { connectFeed } from "../_feed.ts";
import { type Attack, type Attacked, attackedBridge, PUBLIC, refuses } from "./_attacked.ts";

const attacked = attackedBridge();
const RESOURCE = `${PUBLIC}/mcp`;

let stranger: AuthorizationServer;
beforeAll(async () => {
  stranger = await startAuthorizationServer();
});
afterAll(async () => stranger.close());

type Pair = readonly [string, string];
const bearer = (token: string): Pair => ["Authorization", `Bearer ${token}`];
/** By MCP and by REST in turn: both ask the same. */
const callWith = (it: Attacked, header: Pair, at: number) =>
  at % 2 === 0
    ? it.rpc("nobody", "tools/call", { name: "one__echo", arguments: {} }, [header])
    : it.rest("nobody", "tool/call", { body: { tool: "one.echo" }, headers: [header] });
const REFUSED = [
  [401, "invalid_token"],
  [401, "unauthenticated"],
] as const;

const tokens: Attack[] = badTokens.map(([what, make], at) => ({
  what: `a token ${what}`,
  send: async (it) => {
    const token = await make({ issuer: it.issuer, stranger, resource: RESOURCE });
    return callWith(it, bearer(token), at);
  },
  refused: REFUSED[at % 2] ?? [0, ""],
  row: { event: "credential_refused", reason: expect.stringMatching(/^token/) },
}));

const forms: readonly (readonly [what: string, header: (it: Attacked) => Pair])[] = [
  ["a key that was guessed", () => ["X-API-Key", `trestle_${"a".repeat(12)}_${"b".repeat(43)}`]],
  ["a key without its last letter", (it) => ["X-API-Key", it.keys.narrow.slice(0, -1)]],
  ["a key with one letter more", (it) => ["X-API-Key", `${it.keys.narrow}a`]],
  [
    "a key with another secret",
    (it) => ["X-API-Key", it.keys.narrow.slice(0, -43) + it.keys.admin.slice(-43)],
  ],
  ["a key in capitals", (it) => ["X-API-Key", it.keys.narrow.toUpperCase()]],
  ["a key and a NUL's code", (it) => ["X-API-Key", `${it.keys.narrow}%00`]],
  ["the id of a key", (it) => ["X-API-Key", it.keys.narrow.split("_")[1] ?? ""]],
  ["a token of 100 parts", () => bearer("a.".repeat(100))],
];
const keys: Attack[] = forms.map(([what, header], at) => ({
  what,
  send: (it) => callWith(it, header(it), at),
  refused: REFUSED[at % 2] ?? [0, ""],
  row: { event: "credential_refused" },
}));

/** Cookies go along by themselves; what they may change takes a token that only our pages read. */
async function logIn(it: Attacked) {
  const { headers, body } = await it.rest("narrow", "login", { body: {} });
  const [cookie = ""] = (headers["set-cookie"] ?? "").split(";");
  return { cookie, csrf: String(objectOf(body.data).csrf_token), whole: headers["set-cookie"] };
}
const forged =
  (
    more: (
      session: { cookie: string; csrf: string },
      it: Attacked,
    ) => readonly Pair[] | Promise<readonly Pair[]>,
  ) =>
  async (it: Attacked) => {
    const session = await logIn(it);
    return it.rest("nobody", "tool/call", {
      body: { tool: "one.echo" },
      headers: [["Cookie", session.cookie], ...(await more(session, it))],
    });
  };
const CSRF = { event: "csrf_refused" };
const cookies: Attack[] = [
  { what: "a cookie alone", send: forged(() => []), refused: [403, "denied"], row: CSRF },
  {
    what: "a cookie with a token that was made up",
    send: forged(() => [["X-CSRF-Token", "a"]]),
    refused: [403, "denied"],
    row: CSRF,
  },
  {
    what: "a cookie with an empty token",
    send: forged(() => [["X-CSRF-Token", ""]]),
    refused: [403, "denied"],
    row: CSRF,
  },
  {
    what: "a cookie with the token of another session",
    send: forged(async (_own, it) => [["X-CSRF-Token", (await logIn(it)).csrf]]),
    refused: [403, "denied"],
    row: CSRF,
  },
  {
    what: "a form of another page",
    send: forged(() => [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["Sec-Fetch-Site", "cross-site"],
    ]),
    refused: [403, "denied"],
    row: CSRF,
  },
  {
    what: "a cookie at the MCP endpoint",
    send: async (it) =>
      it.rpc("nobody", "tools/call", { name: "one__echo" }, [["Cookie", (await logIn(it)).cookie]]),
    refused: [403, undefined],
    row: CSRF,
  },
  {
    what: "a logout of another site's making",
    send: async (it) =>
      it.rest("nobody", "logout", { body: {}, headers: [["Cookie", (await logIn(it)).cookie]] }),
    refused: [403, "denied"],
    row: CSRF,
  },
];

test("a cookie that is not ours, was changed, or was ended is nobody's", async () => {
  const it = attacked();
  const { cookie, csrf } = await logIn(it);
  const ask = (value: string) =>
    it.rest("nobody", "tool/call", {
      body: { tool: "one.echo" },
      headers: [
        ["Cookie", value],
        ["X-CSRF-Token", csrf],
      ],
    });
  const before = it.seen().length;
  expect((await ask(cookie)).status).toBe(200);
  const middle = Math.floor(cookie.length / 2);
  const other = cookie[middle] === "A" ? "B" : "A";
  for (const value of [
    "trestle_session=__proto__",
    `${cookie.slice(0, middle)}${other}${cookie.slice(middle + 1)}`,
    cookie.slice(0, -4),
    cookie.replace("trestle_session", "TRESTLE_SESSION"),
    `trestle_session=; ${cookie.slice(0, -1)}`,
  ]) {
    expect((await ask(value)).status).toBe(401);
  }
  const headers: Pair[] = [
    ["Cookie", cookie],
    ["X-CSRF-Token", csrf],
  ];
  expect((await it.rest("nobody", "logout", { body: {}, headers })).status).toBe(200);
  expect((await ask(cookie)).status).toBe(401);
  expect(it.seen().length).toBe(before + 1);
});

test("behind a proxy that is trusted, each caller's wrong keys are its own", async () => {
  const it = attacked();
  const from = (address: string, key: string, more: readonly Pair[] = []) =>
    it.raw({
      path: "/api/mcp/history",
      headers: [
        ["Host", `127.0.0.1:${it.port}`],
        ["X-Forwarded-For", address],
        ["X-API-Key", key],
        ...more,
      ],
    });
  const statuses = new Set<number>();
  // Twenty, or some more where a minute ends meanwhile.
  for (let time = 0; time < 60 && !statuses.has(429); time += 1) {
    statuses.add((await from("192.0.2.66", `wrong ${time}`)).status);
  }
  expect([...statuses]).toEqual([401, 429]);
  const limited = await from("192.0.2.66", it.keys.other);
  expect([limited.status, limited.code]).toEqual([429, "rate_limited"]);
  // Whatever it writes before what the proxy saw, it stays the one that the proxy saw.
  expect((await from("198.51.100.77, 192.0.2.66", it.keys.other)).status).toBe(429);
  expect((await from("198.51.100.77", it.keys.other)).status).toBe(200);
});

test("the cookie of a login is secure where the proxy that is trusted says that it came over TLS", async () => {
  const it = attacked();
  const setCookie = async (headers: readonly Pair[]) =>
    (await it.rest("narrow", "login", { body: {}, headers })).headers["set-cookie"];
  expect(await setCookie([["X-Forwarded-Proto", "https"]])).toContain("; Secure");
  expect(await setCookie([["X-Forwarded-Proto", "https, http"]])).not.toContain("Secure");
  expect(await setCookie([])).not.toContain("Secure");
});

test("what is told on the feed of one caller's calls is not told to another", async () => {
  const it = attacked();
  const headers = (who: "narrow" | "other") => ({
    "x-api-key": it.keys[who],
    "x-forwarded-for": "198.51.100.1",
  });
  const [own, other] = await Promise.all([
    connectFeed(it.bridge.url, { headers: headers("narrow") }),
    connectFeed(it.bridge.url, { headers: headers("other") }),
  ]);
  await Promise.all([own.subscribe({ topics: ["*"] }), other.subscribe({ topics: ["*"] })]);
  const text = (feed: typeof own) => JSON.stringify(feed.frames);
  await it.rest("narrow", "tool/call", { body: { tool: "one.echo", arguments: { text: "mine" } } });
  await vi.waitFor(() => expect(own.topics()).toContain("call.success"), { timeout: 20_000 });
  // Its own call comes after the other's would have.
  await it.rest("other", "tool/call", { body: { tool: "one.echo" } });
  await vi.waitFor(() => expect(other.topics()).toContain("call.success"), { timeout: 20_000 });
  const id = await it.rest("narrow", "history?limit=1");
  const [latest] = objectsOf(objectOf(id.body.data).executions);
  expect(text(own)).toContain(String(latest?.execution_id));
  expect(text(other)).not.toContain(String(latest?.execution_id));
});

refuses(attacked, [...tokens, ...keys, ...cookies]);
