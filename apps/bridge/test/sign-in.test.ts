import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import type { ProtectedServer } from "@trestle/testkit/authorization-server";
import { expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { startProtectedUpstream } from "./_protected-upstream.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

const GREET = { tool: "guarded.greet" };

interface Scene {
  readonly bridge: RestBridge;
  readonly peer: ProtectedServer;
  readonly admin: Record<string, string>;
}

async function start(more: JsonObject = {}, peer?: ProtectedServer): Promise<Scene> {
  const upstream = peer ?? (await startProtectedUpstream());
  const guarded = { url: upstream.url, ...more };
  const bridge = await startRest({ mcpServers: { guarded } });
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  return { bridge, peer: upstream, admin: { authorization: `Bearer ${text}` } };
}

const greet = ({ bridge }: Scene, headers = {}) => bridge.post("tool/call", GREET, headers);
const failureOf = ({ body }: Answered) => objectOf(body.error);

/** The address to sign in at, as a refused call tells it. */
function addressIn(answer: Answered): string {
  const failure = failureOf(answer);
  expect(answer.status).toBe(403);
  const url = String(objectOf(failure.details).authorization_url);
  expect(failure.message).toContain(url);
  return url;
}

/** What a browser does: it is sent to the bridge's own address, wherever that really is. */
async function comeBack({ bridge }: Scene, back: URL): Promise<Response> {
  return fetch(new URL(back.pathname + back.search, bridge.url));
}

test("who calls a server that wants a sign-in is told where, signs in in a browser, and calls again", async () => {
  const scene = await start();
  const { bridge, peer } = scene;
  const back = await peer.server.signIn(addressIn(await greet(scene)), "ann");
  const page = await comeBack(scene, back);
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await page.text()).toContain("You are signed in at guarded.");
  expect((await greet(scene)).body).toMatchObject({ success: true });
  expect(peer.letIn.at(-1)).toMatchObject({ sub: "ann" });

  const again = await comeBack(scene, back);
  expect([again.status, await again.text()]).toMatchObject([
    400,
    expect.stringContaining("Begin it anew"),
  ]);
  const forged = new URL(back);
  forged.searchParams.set("state", "<script>alert(1)</script>");
  const refused = await comeBack(scene, forged);
  expect([refused.status, await refused.text()]).toMatchObject([
    400,
    expect.not.stringContaining("<script>"),
  ]);
  await bridge.stop();
});

test("tokens lie sealed in the home, are shown nowhere, and serve the next run", async () => {
  const scene = await start();
  const { bridge, peer } = scene;
  await comeBack(scene, await peer.server.signIn(addressIn(await greet(scene))));
  await greet(scene);
  const folder = join(bridge.home, "bridge", "sign-ins");
  const [file = ""] = readdirSync(folder);
  expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  const sealed = readFileSync(join(folder, file), "utf8");
  expect(sealed).not.toMatch(/access_token|eyJ/);
  const told = await Promise.all([
    bridge.get("history", scene.admin),
    bridge.get("health", scene.admin),
    bridge.get("sign-ins", scene.admin),
    bridge.get("doctor", scene.admin),
  ]);
  for (const { text, status } of told) {
    expect(status).toBe(200);
    expect(text).not.toMatch(/eyJ[\w-]{20}/);
  }
  const listed = await trestle(["auth", "--json"], bridge);
  expect(objectsOf(JSON.parse(listed.stdout).servers)).toMatchObject([
    { server: "guarded", signed_in: true, expires_at: expect.any(String) },
  ]);

  const out = await trestle(["auth", "logout", "guarded"], bridge);
  expect(out).toMatchObject({ code: 0, stdout: "Signed out of guarded.\n" });
  expect((await greet(scene)).status).toBe(403);
  await bridge.stop();
});

test("the command line signs in where the browser finds no bridge at its end", async () => {
  const scene = await start();
  const { bridge, peer } = scene;
  const begun = await bridge.post("sign-ins/guarded", {}, scene.admin);
  const back = await peer.server.signIn(String(objectOf(begun.body.data).url));
  const done = await trestle(["auth", "login", "guarded", "--url", back.href], bridge);
  expect(done).toMatchObject({ code: 0, stdout: "Signed in at guarded.\n" });
  expect((await greet(scene)).body).toMatchObject({ success: true });
  const wrong = await trestle(["auth", "login", "guarded", "--url", "http://x/?code=1"], bridge);
  expect(wrong.code).not.toBe(0);
  const none = await bridge.post("sign-ins/nobody", {}, scene.admin);
  expect(none.status).toBe(404);
  await bridge.stop();
});

test("with keys, one sign-in for all is the administrator's; by principal, each has one of its own", async () => {
  const shared = await start();
  const keyOf = async ({ bridge, admin }: Scene) => {
    const made = await bridge.post("keys", { name: "ci" }, admin);
    return { "x-api-key": String(objectOf(made.body.data).key) };
  };
  const key = await keyOf(shared);
  const refused = failureOf(await greet(shared, key));
  expect(refused).toMatchObject({
    code: "denied",
    message: expect.stringMatching(/trestle auth login guarded/),
  });
  expect(JSON.stringify(refused)).not.toContain(shared.peer.server.issuer);
  expect((await shared.bridge.post("sign-ins/guarded", {}, key)).status).toBe(403);
  await shared.bridge.stop();

  const own = await start({ isolation: "principal" });
  // What the server offers is read as whoever runs the bridge.
  const begun = await own.bridge.post("sign-ins/guarded", {}, own.admin);
  const { url } = objectOf(begun.body.data);
  await comeBack(own, await own.peer.server.signIn(String(url), "the operator"));
  const [ann, ben] = [await keyOf(own), await keyOf(own)];
  await comeBack(own, await own.peer.server.signIn(addressIn(await greet(own, ann)), "ann"));
  expect((await greet(own, ann)).body).toMatchObject({ success: true });
  expect(own.peer.letIn.at(-1)).toMatchObject({ sub: "ann" });
  addressIn(await greet(own, ben));
  await own.bridge.stop();
});

test("a program's secret is a reference, and shown nowhere", async () => {
  const peer = await startProtectedUpstream({ clients: { us: "s3cret-of-ours" } });
  const oauth = {
    grant: "client_credentials",
    clientId: "us",
    clientSecret: "${OUR_SECRET}",
  };
  const bridge = await startRest(
    { mcpServers: { guarded: { url: peer.url, oauth } } },
    { OUR_SECRET: "s3cret-of-ours" },
  );
  const done = await bridge.post("tool/call", GREET);
  expect(done.body).toMatchObject({ success: true });
  const health = await bridge.get("health");
  expect(health.text + bridge.block).not.toContain("s3cret-of-ours");
  await bridge.stop();
});
