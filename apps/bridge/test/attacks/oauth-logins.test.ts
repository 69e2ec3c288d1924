import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Attack, type Attacked, attackedBridge, PUBLIC, refuses } from "./_attacked.ts";

const attacked = attackedBridge();

let stranger: AuthorizationServer;
beforeAll(async () => {
  stranger = await startAuthorizationServer({ clients: { dashboard: "" } });
});
afterAll(async () => stranger.close());

type Pair = readonly [string, string];
let addresses = 0;

/** As a browser asks, each from an address of its own. */
const get = (it: Attacked, path: string, headers: readonly Pair[] = []) => {
  addresses += 1;
  const from = `203.0.113.${100 + (addresses % 100)}`;
  return it.raw({
    path,
    headers: [["Host", `127.0.0.1:${it.port}`], ["X-Forwarded-For", from], ...headers],
  });
};

interface Begun {
  readonly url: string;
  readonly cookie: string;
}

async function begin(it: Attacked, to = ""): Promise<Begun> {
  const { headers } = await get(it, `/oauth/login?here=1&to=${encodeURIComponent(to)}`);
  const [cookie = ""] = (headers["set-cookie"] ?? "").split(";");
  return { url: headers.location ?? "", cookie };
}

const finish = (it: Attacked, cookie: string, back: URL) =>
  get(it, back.pathname + back.search, [["Cookie", cookie]]);

interface Login extends Begun {
  /** What the issuer sends its browser back to. */
  readonly back: URL;
}

async function login(it: Attacked, to?: string): Promise<Login> {
  const begun = await begin(it, to);
  return { ...begun, back: await it.issuer.signIn(begun.url, "ann") };
}

const row = (reason: string) => ({ event: "login_refused", reason });
/** An answer of the issuer on its way, with which somebody meddles. */
const meddled = (
  what: string,
  reason: string,
  change: (login: Login, it: Attacked) => Partial<Login> | Promise<Partial<Login>>,
): Attack => ({
  what: `the answer to a login ${what}`,
  async send(it) {
    const own = await login(it);
    const { cookie, back } = { ...own, ...(await change(own, it)) };
    return finish(it, cookie, back);
  },
  refused: [/^token|^denied/.test(reason) ? 403 : 400, undefined],
  row: row(reason),
});

function withQuery(url: URL, changes: Readonly<Record<string, string | undefined>>): URL {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.searchParams.delete(name);
    else changed.searchParams.set(name, value);
  }
  return changed;
}

/** The value of a cookie under another name. */
const renamed = (cookie: string, name: string): string => `${name}=${cookie.split("=")[1]}`;

const answers: Attack[] = [
  meddled("in a browser that began none", "state", () => ({ cookie: "" })),
  meddled("in a browser that began another", "state", async (_own, it) => ({
    cookie: (await begin(it)).cookie,
  })),
  meddled("with a state that was made up", "state", ({ back }) => ({
    back: withQuery(back, { state: "a" }),
  })),
  meddled("without a state", "state", ({ back }) => ({
    back: withQuery(back, { state: undefined }),
  })),
  meddled("with a cookie that was changed", "state", ({ cookie }) => ({
    cookie: `${cookie.slice(0, -6)}AAAAAA`,
  })),
  meddled("with the cookie of a session in its place", "state", async (_own, it) => {
    const { headers } = await it.rest("narrow", "login", { body: {} });
    const [session = ""] = (headers["set-cookie"] ?? "").split(";");
    return { cookie: renamed(session, "trestle_login") };
  }),
  meddled("once more", "replayed", async ({ cookie, back }, it) => {
    expect((await finish(it, cookie, back)).status).toBe(200);
    return {};
  }),
  meddled("in another issuer's name", "issuer", ({ back }) => ({
    back: withQuery(back, { iss: stranger.issuer }),
  })),
  meddled("in nobody's name", "issuer", ({ back }) => ({
    back: withQuery(back, { iss: undefined }),
  })),
  meddled("with a code of another issuer", "no token: invalid_grant", async ({ url, back }, it) => {
    const there = await stranger.signIn(url.replace(it.issuer.issuer, stranger.issuer));
    return { back: withQuery(back, { code: there.searchParams.get("code") ?? "" }) };
  }),
  meddled("with the code of somebody else's login", "no token: invalid_grant", async (own, it) => {
    const { back } = await login(it);
    return { back: withQuery(own.back, { code: back.searchParams.get("code") ?? "" }) };
  }),
  meddled(
    "whose token is for another audience",
    'token: its "aud" is not right',
    async (own, it) => {
      const url = withQuery(new URL(own.url), { resource: "https://other.example/mcp" });
      return { back: await it.issuer.signIn(url.href, "ann") };
    },
  ),
  meddled("that its person did not allow", "denied by the user", ({ back }) => ({
    back: withQuery(back, { error: "access_denied", code: undefined }),
  })),
  meddled("with a script for an error", "issuer said ?script?alert?1???script?", ({ back }) => ({
    back: withQuery(back, { error: "<script>alert(1)</script>" }),
  })),
];

const doors: Attack[] = ["/oauth/login?here=1", "/oauth/login-return?code=a&state=a"].map(
  (path) => ({
    what: `${path} under a name that is not ours`,
    send: (it) =>
      it.raw({
        path,
        headers: [
          ["Host", "evil.example"],
          ["X-Forwarded-For", "203.0.113.9"],
        ],
      }),
    refused: [403, undefined],
    row: { event: "request_refused", reason: "host" },
  }),
);

test("a login leads back to the dashboard and nowhere else", async () => {
  const it = attacked();
  for (const to of [
    ...["//evil.example", "https://evil.example/", "\\\\evil.example", "/.//evil.example"],
    ...["javascript:alert(1)", "api/mcp/logout", "oauth/login", '"><script>alert(1)</script>'],
  ]) {
    const { cookie, back } = await login(it, to);
    const { status, text } = await finish(it, cookie, back);
    expect([to, status]).toEqual([to, 200]);
    const [, next = ""] = /http-equiv="refresh" content="0;url=([^"]*)"/.exec(text) ?? [];
    const { origin, pathname } = new URL(next, `${PUBLIC}/oauth/login-return`);
    expect([to, origin, pathname.startsWith("/oauth")]).toEqual([to, PUBLIC, false]);
    expect(pathname.startsWith("/api")).toBe(false);
    expect(text).not.toContain("<script");
  }
});

test("a browser that came under another name of ours is sent to the public one, once", async () => {
  const it = attacked();
  const { status, headers } = await get(it, "/oauth/login?to=tools&here=");
  expect([status, headers.location?.startsWith(`${it.issuer.issuer}/authorize?`)]).toEqual([
    302,
    true,
  ]);
  const first = await get(it, "/oauth/login?to=//evil.example");
  const { origin, pathname } = new URL(first.headers.location ?? "");
  expect([first.status, origin, pathname]).toEqual([302, PUBLIC, "/oauth/login"]);
  expect(first.headers["set-cookie"]).toBeUndefined();
});

test("what a browser carries to the issuer and back is no session", async () => {
  const it = attacked();
  const { cookie } = await begin(it);
  const asked = [["Cookie", renamed(cookie, "trestle_session")]] as const;
  expect((await it.rest("nobody", "history", { headers: asked })).status).toBe(401);
});

refuses(attacked, [...answers, ...doors]);
