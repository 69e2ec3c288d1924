import { randomUUID } from "node:crypto";
import {
  isTrestleError,
  LOCAL_PRINCIPAL,
  type RequestContext,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import type { ProtectedServer as Protected } from "@trestle/testkit/authorization-server";
import { type ManualClock, manualClock } from "@trestle/testkit/surroundings";
import { createProcessRegistry, createUpstream, type HttpConfig } from "@trestle/upstream";
import {
  type Kept,
  type OAuthCredentials,
  type OAuthSettings,
  openOAuthCredentials,
  type Return,
} from "@trestle/upstream/oauth";
import { expect, onTestFinished, test } from "vitest";
import { startProtectedUpstream as startProtected } from "./_protected-upstream.ts";

function upstreamOf(config: Omit<HttpConfig, "id" | "kind">) {
  const upstream = createUpstream(
    { id: "peer", kind: "http", ...config },
    {
      ...{ log: silentLogger, clock: systemClock, clientInfo: { name: "test", version: "1" } },
      processes: createProcessRegistry({ log: silentLogger }),
    },
  );
  onTestFinished(() => upstream.close());
  return upstream;
}

const context = (): RequestContext => ({
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
});

const REDIRECT = "http://127.0.0.1:4100/oauth/callback";

interface Holder {
  readonly credentials: OAuthCredentials;
  readonly clock: ManualClock;
  kept: Kept | undefined;
}

async function holderAt(
  { url }: Protected,
  settings: Partial<OAuthSettings> = {},
  {
    before,
    tells = true,
    redirectUrl = REDIRECT,
  }: { readonly before?: Holder; readonly tells?: boolean; readonly redirectUrl?: string } = {},
): Promise<Holder> {
  const clock = before?.clock ?? manualClock(Date.now());
  const holder = { clock, kept: before?.kept } as { -readonly [Key in keyof Holder]: Holder[Key] };
  holder.credentials = await openOAuthCredentials({
    ...{ upstream: "peer", url, clock, fetch, redirectUrl, newState: randomUUID },
    settings: { grant: "authorization_code", ...settings },
    how: "Run: trestle auth login peer",
    tellsAddress: () => tells,
    vault: {
      read: async () => holder.kept,
      async write(kept) {
        holder.kept = kept;
      },
    },
  });
  return holder;
}

function listTools({ url }: Protected, { credentials }: Holder, era: "modern" | "legacy") {
  const upstream = upstreamOf({ url, era, transport: "streamable", credentials });
  return upstream.request("tools/list", {}, context());
}

/** The address that a refused request names. */
async function addressOf(request: Promise<unknown>): Promise<string> {
  const error: unknown = await request.then(
    () => undefined,
    (reason) => reason,
  );
  if (!isTrestleError(error)) throw new Error(`not refused as it should be: ${error}`);
  expect(error).toMatchObject({ code: "denied", details: { reason: "needs_reauth" } });
  expect(error.message).toMatch(/wants a sign-in/);
  return String(error.details?.authorization_url);
}

function returnOf({ searchParams }: URL): Return {
  const value = (name: string) => searchParams.get(name) ?? undefined;
  return { state: value("state"), code: value("code"), iss: value("iss") };
}

async function signIn(peer: Protected, holder: Holder): Promise<void> {
  const url = await addressOf(listTools(peer, holder, "modern"));
  await holder.credentials.finish(returnOf(await peer.server.signIn(url, "ann")));
}

test.each(["modern", "legacy"] as const)(
  "a person signs in once, and the next run goes on with it (%s)",
  async (era) => {
    const peer = await startProtected();
    const holder = await holderAt(peer);
    await signIn(peer, holder);
    expect((await listTools(peer, holder, era)).tools).not.toHaveLength(0);
    const next = await holderAt(peer, {}, { before: holder });
    expect((await listTools(peer, next, era)).tools).not.toHaveLength(0);
    expect(new Set(peer.letIn.map(({ sub }) => sub))).toEqual(new Set(["ann"]));
    expect(peer.server.seen.filter((path) => path === "/register")).toHaveLength(1);
  },
);

test("where browsers come back to another address now, we register for that", async () => {
  const peer = await startProtected();
  const holder = await holderAt(peer);
  await addressOf(listTools(peer, holder, "modern"));
  const redirectUrl = "https://bridge.example/oauth/callback";
  const kept = { clients: holder.kept?.clients ?? {} };
  const moved = await holderAt(peer, {}, { before: { ...holder, kept }, redirectUrl });
  const back = await peer.server.signIn(await addressOf(listTools(peer, moved, "modern")));
  expect(back.origin).toBe("https://bridge.example");
  await moved.credentials.finish(returnOf(back));
  expect((await listTools(peer, moved, "modern")).tools).not.toHaveLength(0);
});

test("while somebody is asked to sign in, everybody is told the same address", async () => {
  const peer = await startProtected();
  const holder = await holderAt(peer);
  const first = await addressOf(listTools(peer, holder, "modern"));
  expect(await addressOf(listTools(peer, holder, "modern"))).toBe(first);
  expect(await holder.credentials.begin()).toBe(first);
  holder.clock.advance(600_000);
  expect(await holder.credentials.begin()).not.toBe(first);
});

test("where all share one sign-in, callers are told whom to ask and not where", async () => {
  const peer = await startProtected();
  const holder = await holderAt(peer, {}, { tells: false });
  const refused = listTools(peer, holder, "modern");
  await expect(refused).rejects.toMatchObject({
    code: "denied",
    message: expect.stringMatching(/trestle auth login peer/),
    details: expect.not.objectContaining({ authorization_url: expect.anything() }),
  });
  await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining("http") });
  expect(await holder.credentials.begin()).toContain(peer.server.issuer);
});

test("a return that is not of the sign-in that was begun is refused, and changes nothing", async () => {
  const peer = await startProtected();
  const holder = await holderAt(peer);
  const url = await addressOf(listTools(peer, holder, "modern"));
  const back = returnOf(await peer.server.signIn(url));
  const { credentials } = holder;
  const wrong: [Return, RegExp][] = [
    [{ ...back, state: "guessed" }, /was begun here/],
    [{ code: back.code }, /was begun here/],
    [{ state: back.state, error: "access_denied" }, /access_denied/],
    [{ ...back, iss: "https://evil.example" }, /issuer|iss/i],
  ];
  for (const [each, message] of wrong) {
    await expect(credentials.finish(each)).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(message),
    });
  }
  expect(await credentials.status()).toEqual({ isSignedIn: false, isPending: true });
  await credentials.finish(back);
  expect(await credentials.status()).toMatchObject({ isSignedIn: true });
  await expect(credentials.finish(back)).rejects.toMatchObject({ code: "denied" });
});

test("a token is renewed before it ends, once for all who ask at that time", async () => {
  const peer = await startProtected({ tokenSeconds: 600 });
  const holder = await holderAt(peer);
  await signIn(peer, holder);
  const { credentials, clock } = holder;
  const first = await credentials.headers();
  clock.advance(530_000);
  expect(await credentials.headers()).toEqual(first);
  clock.advance(20_000);
  const renewed = await Promise.all([1, 2, 3].map(() => credentials.headers()));
  expect(new Set(renewed.map(({ authorization }) => authorization)).size).toBe(1);
  expect(renewed[0]).not.toEqual(first);
  expect(peer.server.seen.filter((path) => path === "/token refresh_token")).toHaveLength(1);
});

test("a token that the server takes back is renewed, and the request is sent once more", async () => {
  const peer = await startProtected();
  const holder = await holderAt(peer);
  await signIn(peer, holder);
  const upstream = upstreamOf({ url: peer.url, credentials: holder.credentials });
  await upstream.request("tools/list", {}, context());
  const { authorization } = await holder.credentials.headers();
  peer.refused.add(String(authorization).replace("Bearer ", ""));
  const all = [1, 2, 3, 4].map(() => upstream.request("tools/list", {}, context()));
  expect((await Promise.all(all)).every(({ tools }) => Array.isArray(tools))).toBe(true);
  expect(peer.server.seen.filter((path) => path === "/token refresh_token")).toHaveLength(1);

  const second = (await holder.credentials.headers()).authorization;
  peer.refused.add(String(second).replace("Bearer ", ""));
  peer.server.revokeRefreshes();
  await addressOf(upstream.request("tools/list", {}, context()));
});

test("what needs more rights asks for them beside those that are there", async () => {
  const peer = await startProtected();
  const holder = await holderAt(peer, { scope: undefined });
  await signIn(peer, holder);
  peer.needs = ["files:write"];
  const wider = new URL(await addressOf(listTools(peer, holder, "modern")));
  expect(wider.searchParams.get("scope")).toContain("files:write");
  await holder.credentials.finish(returnOf(await peer.server.signIn(wider.href)));
  expect((await listTools(peer, holder, "modern")).tools).not.toHaveLength(0);
  peer.needs = ["files:write", "files:delete"];
  const widest = new URL(await addressOf(listTools(peer, holder, "modern")));
  expect(widest.searchParams.get("scope")?.split(" ")).toEqual(["files:write", "files:delete"]);
});

test("a program signs in by itself", async () => {
  const peer = await startProtected({ clients: { us: "s3cret" } });
  const settings = { grant: "client_credentials", clientId: "us", clientSecret: "s3cret" } as const;
  const holder = await holderAt(peer, settings);
  expect((await listTools(peer, holder, "modern")).tools).not.toHaveLength(0);
  expect(peer.letIn[0]).toMatchObject({ sub: "us" });
  expect(await holder.credentials.begin()).toBeUndefined();
  const wrong = await holderAt(peer, { ...settings, clientSecret: "guessed" });
  await expect(listTools(peer, wrong, "modern")).rejects.toMatchObject({
    code: "denied",
    message: expect.not.stringContaining("guessed"),
  });
});

test("our secret goes to no other authorization server than the one it is of", async () => {
  const peer = await startProtected({ clients: { us: "s3cret" } });
  const settings = { grant: "client_credentials", clientId: "us", clientSecret: "s3cret" } as const;
  const strict = await holderAt(peer, { ...settings, issuer: "https://login.example" });
  await expect(listTools(peer, strict, "modern")).rejects.toMatchObject({
    message: expect.stringContaining("oauth.issuer"),
  });
  const holder = await holderAt(peer, settings);
  await listTools(peer, holder, "modern");
  const other = await startProtected({ clients: { us: "s3cret" } });
  const moved = await holderAt(other, settings, {
    before: { ...holder, kept: { clients: holder.kept?.clients ?? {} } },
  });
  await expect(listTools(other, moved, "modern")).rejects.toMatchObject({ code: "denied" });
  expect(other.server.seen).not.toContain("/token client_credentials");
});
