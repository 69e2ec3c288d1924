import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type OpenedAccess, open } from "../access/_access.ts";
import type { Access } from "../access/access.ts";
import type { SentOff } from "./oauth-login.ts";
import type { LoginRefusal } from "./refusal.ts";

const PUBLIC = "https://example.com/trestle";
const RESOURCE = `${PUBLIC}/mcp`;
const HOURS = 3_600_000;

let issuer: AuthorizationServer;
/** The clock of the bridge, which is that of the issuer, too. */
let now = () => 0;
beforeAll(async () => {
  issuer = await startAuthorizationServer({
    now: () => now(),
    clients: { public: "", confidential: "its secret" },
    tokenSeconds: 24 * 3_600,
  });
});
afterAll(() => issuer.close());

const rules = (more: object = {}, login: object = { clientId: "public" }) => ({
  http: { publicUrl: PUBLIC },
  access: {
    oauth: { issuer: issuer.issuer, scopes: { reader: ["one:*:read"] }, login, ...more },
  },
});

async function opened(
  config: object = rules(),
  encryptionKey = "one key for all bridges",
): Promise<OpenedAccess> {
  const bridge = await open(config as never, { encryptionKey });
  now = bridge.clock.now;
  return bridge;
}

const begin = ({ oauthLogin }: Access, to = "tools?q=a") =>
  oauthLogin.begin({ to, from: "192.0.2.1" });
const finish = ({ oauthLogin }: Access, { cookie }: Partial<SentOff>, back: URL) =>
  oauthLogin.finish({ query: back.searchParams, cookie, from: "192.0.2.1" });
const presenting = (token: string) => ({ session: { token, isRead: true } });

async function logIn(access: Access, by = access, at = issuer) {
  const sent = await begin(access);
  return finish(by, sent, await at.signIn(sent.url, "ann"));
}

test.each([
  ["public", undefined],
  ["confidential", "its secret"],
])(
  "who signs in at the issuer has a session of the token that it gave: a %s client",
  async (clientId, clientSecret) => {
    const { access, present, audited } = await opened(rules({}, { clientId, clientSecret }));
    expect(access.oauthLogin.host()).toBe(new URL(issuer.issuer).host);
    const sent = await begin(access);
    const asked = Object.fromEntries(new URL(sent.url).searchParams);
    expect(asked).toMatchObject({
      ...{ response_type: "code", client_id: clientId, code_challenge_method: "S256" },
      ...{ redirect_uri: `${PUBLIC}/oauth/login-return`, resource: RESOURCE, scope: "reader" },
    });
    const { token, to } = await finish(access, sent, await issuer.signIn(sent.url, "ann"));
    expect(to).toBe("tools?q=a");
    expect(present(undefined, presenting(token))).toMatchObject({
      ...{ kind: "subject", scopes: ["one:*:read"] },
      id: expect.stringMatching(/^subject:[0-9a-f]{8}:ann$/),
    });
    expect(await audited()).toContainEqual({
      ...{ event: "logged_in", issuer: issuer.issuer },
      principal: expect.stringMatching(/:ann$/),
    });
  },
);

test("any bridge with the same keys finishes a login, and knows its session with its scopes", async () => {
  const [one, other] = [await opened(), await opened()];
  const { token } = await logIn(one.access, other.access);
  for (const { present } of [one, other]) {
    expect(present(undefined, presenting(token))).toMatchObject({ scopes: ["one:*:read"] });
  }
  // What is begun in its name there goes on there.
  const principal = one.present(undefined, presenting(token));
  if ("refused" in principal) throw new Error(principal.message);
  const grant = one.access.grants.seal("orchestrator", principal, ["one:*"]);
  expect(one.access.grants.open("orchestrator", grant).scopes).toEqual(["one:*:read"]);
  expect(one.access.isKnown(principal.id)).toBe(true);

  const stranger = await opened(rules(), "another key of somebody");
  expect(stranger.present(undefined, presenting(token))).toMatchObject({ refused: "missing" });
});

test("a session may do what its scopes mean now, and ends with the trust in its issuer", async () => {
  const { access, present, configure } = await opened();
  const { token } = await logIn(access);
  configure(rules({ scopes: { reader: ["two:*"] } }) as never);
  expect(present(undefined, presenting(token))).toMatchObject({ scopes: ["two:*"] });
  configure(rules({ issuer: "https://other.example" }) as never);
  expect(present(undefined, presenting(token))).toMatchObject({ refused: "missing" });
});

test("a session ends with its token, and after twelve hours at the latest", async () => {
  const { access, present, configure, clock } = await opened();
  const half = await logIn(access);
  expect(half.expiresAt).toBe(clock.now() + 12 * HOURS);
  clock.advance(12 * HOURS - 1);
  expect(present(undefined, presenting(half.token))).toMatchObject({ kind: "subject" });
  clock.advance(1);
  expect(present(undefined, presenting(half.token))).toMatchObject({ refused: "missing" });

  const brief = await startAuthorizationServer({ now, clients: { public: "" }, tokenSeconds: 60 });
  onTestFinished(() => brief.close());
  configure(rules({ issuer: brief.issuer }) as never);
  // Another token of the same person holds longer, and is none of this session's business.
  const exp = Math.floor(clock.now() / 1_000) + 3_600;
  const bearer = brief.issue({ sub: "ann", aud: RESOURCE, scope: "reader", exp });
  await access.prepare({ bearer, remoteAddress: "", isLoopback: false });
  const short = await logIn(access, access, brief);
  clock.advance(short.expiresAt - clock.now() - 1);
  expect(present(undefined, presenting(short.token))).toMatchObject({ kind: "subject" });
  clock.advance(1);
  expect(present(undefined, presenting(short.token))).toMatchObject({ refused: "missing" });
  expect(present(bearer)).toMatchObject({ kind: "subject" });
});

test("a session of a token changes things with the token of its pages alone, and ends with a logout", async () => {
  const { access, present } = await opened();
  const { token } = await logIn(access);
  const forged = present(undefined, { session: { token, isRead: false } });
  expect(forged).toMatchObject({ refused: "forged" });
  const found = access.sessions.find({ token, isRead: true });
  if (found === undefined || found === "forged") throw new Error("no session");
  const { csrf } = found;
  expect(present(undefined, { session: { token, csrf, isRead: false } })).toMatchObject({
    kind: "subject",
  });
  expect(() => access.sessions.begin(found.principal)).toThrow(/Log in with a key/);
  await access.sessions.end(found);
  expect(present(undefined, presenting(token))).toMatchObject({ refused: "missing" });
});

interface Failed {
  readonly sent: SentOff;
  readonly back: URL;
  readonly bridge: OpenedAccess;
}

const wrong: readonly (readonly [
  what: string,
  reason: string,
  change: (failed: Failed) => Partial<SentOff> | undefined,
])[] = [
  ["without the cookie of its browser", "state", () => ({})],
  ["with another's cookie", "state", () => ({ cookie: "1.a.b" })],
  ["without its state", "state", ({ back }) => void back.searchParams.delete("state")],
  ["with another state", "state", ({ back }) => void back.searchParams.set("state", "x")],
  ["later than ten minutes", "expired", ({ bridge }) => void bridge.clock.advance(600_000)],
  [
    "in another issuer's name",
    "issuer",
    ({ back }) => void back.searchParams.set("iss", "https://evil.example"),
  ],
  ["in nobody's name", "issuer", ({ back }) => void back.searchParams.delete("iss")],
  [
    "of another issuer, since another one is configured",
    "issuer",
    ({ bridge }) => void bridge.configure(rules({ issuer: "https://other.example" }) as never),
  ],
  [
    "that says that the person does not want it",
    "denied by the user",
    ({ back }) => void back.searchParams.set("error", "access_denied"),
  ],
  [
    "with an error that is no word",
    "issuer said a?script?b",
    ({ back }) => void back.searchParams.set("error", "a<script>b"),
  ],
  ["without a code", "issuer said no code", ({ back }) => void back.searchParams.delete("code")],
  [
    "with a code that was guessed",
    "no token: invalid_grant",
    ({ back }) => void back.searchParams.set("code", "guessed"),
  ],
];

test("no other answer makes a session, and each is on record", async () => {
  const bridge = await opened();
  const reasonOf = async (change: (typeof wrong)[number][2]): Promise<string> => {
    bridge.configure(rules() as never);
    const sent = await begin(bridge.access);
    const back = await issuer.signIn(sent.url, "ann");
    const brought = change({ sent, back, bridge }) ?? sent;
    return finish(bridge.access, brought, back).then(
      () => "let in",
      (error: LoginRefusal) => error.reason,
    );
  };
  const reasons: string[][] = [];
  for (const [what, , change] of wrong) reasons.push([what, await reasonOf(change)]);
  expect(reasons).toEqual(wrong.map(([what, reason]) => [what, reason]));
  const rows = await bridge.audited();
  for (const [, reason] of wrong) {
    const row = { event: "login_refused", reason, address: "192.0.2.1" };
    expect(rows).toContainEqual(row);
  }
});

test("an answer is good for once, and the proof of another login for none", async () => {
  const { access } = await opened();
  const [sent, other] = [await begin(access), await begin(access)];
  const back = await issuer.signIn(sent.url, "ann");
  await finish(access, sent, back);
  const codes = issuer.seen.filter((path) => path === "/token authorization_code").length;
  await expect(finish(access, sent, back)).rejects.toMatchObject({ reason: "replayed" });
  expect(issuer.seen.filter((path) => path === "/token authorization_code")).toHaveLength(codes);
  const mine = await issuer.signIn(other.url, "eve");
  mine.searchParams.set("code", "not-the-one");
  await expect(finish(access, other, mine)).rejects.toMatchObject({
    reason: "no token: invalid_grant",
  });
});

test("a token for somebody else makes no session, and its page says whom it has to be for", async () => {
  const { access } = await opened();
  const sent = await begin(access);
  const url = new URL(sent.url);
  url.searchParams.set("resource", "https://other.example/mcp");
  await expect(finish(access, sent, await issuer.signIn(url.href))).rejects.toMatchObject({
    ...{ status: 403, reason: 'token: its "aud" is not right' },
    message: expect.stringContaining(RESOURCE),
  });
});

test("scopes that mean nothing here travel in no cookie, and too many of ours make none", async () => {
  const { access, present } = await opened(rules({}, { clientId: "public", scopes: [] }));
  const loginWith = async (scope: string) => {
    const sent = await begin(access);
    const url = new URL(sent.url);
    url.searchParams.set("scope", scope);
    return finish(access, sent, await issuer.signIn(url.href));
  };
  const many = (name: string) => Array.from({ length: 300 }, (_, at) => `${name}${at}`).join(" ");
  const { token } = await loginWith(`${many("openid")} one:echo`);
  expect(present(undefined, presenting(token))).toMatchObject({ scopes: ["one:echo"] });
  await expect(loginWith(many("one:echo"))).rejects.toMatchObject({
    reason: "token: too many scopes",
  });
});

test("whoever tries many is not looked at any more, and others are", async () => {
  const { access } = await opened();
  const sent = await begin(access);
  const back = new URL(`${PUBLIC}/oauth/login-return?code=x&state=x`);
  for (let count = 0; count < 20; count += 1) {
    await expect(finish(access, sent, back)).rejects.toMatchObject({ status: 400 });
  }
  await expect(finish(access, sent, back)).rejects.toMatchObject({ status: 429 });
  const other = access.oauthLogin.begin({ to: "", from: "198.51.100.1" });
  expect((await other).cookie).not.toBe("");
});

test("an issuer that cannot be asked is said to be so, and asked again", async () => {
  const gone = await startAuthorizationServer({ clients: { public: "" } });
  const config = rules({ issuer: gone.issuer });
  await gone.close();
  const { access, audited } = await opened(config);
  await expect(begin(access)).rejects.toMatchObject({ status: 503 });
  expect(await audited()).toContainEqual(
    expect.objectContaining({ event: "login_refused", reason: "issuer cannot be asked" }),
  );
});
