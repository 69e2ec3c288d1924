import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { objectOf, objectsOf } from "../../src/cli/data.ts";
import { type RunningBridge, startBridge } from "../_bridge.ts";
import { type CountingUpstream, startCountingUpstream } from "./_counting-upstream.ts";
import { leadingNames } from "./_leading-names.ts";

/** Names of the public internet, by what they look like, and where they lead. */
const env = leadingNames({
  "inside.example": ["127.0.0.1"],
  "six.example": ["::1"],
  "rebound.example": ["93.184.215.14", "127.0.0.1"],
  "listed.example": ["127.0.0.1"],
});

/** What a server answers to have the bridge go elsewhere, by its own origin and by where that is. */
type Sender = (own: () => string, elsewhere: string) => RequestListener;

const redirect =
  (status: number, to: (elsewhere: string) => string): Sender =>
  (_own, elsewhere) =>
  (_request, response) =>
    void response.writeHead(status, { location: to(elsewhere) }).end();

const senders: Readonly<Record<string, Sender>> = {
  "redirect-307": redirect(307, (elsewhere) => `${elsewhere}/mcp`),
  "redirect-308": redirect(308, (elsewhere) => `${elsewhere}/mcp`),
  "redirect-303": redirect(303, (elsewhere) => `${elsewhere}/mcp`),
  "redirect-bare": redirect(307, (elsewhere) => elsewhere.replace("http:", "")),
  "redirect-user": redirect(307, (elsewhere) => elsewhere.replace("://", "://127.0.0.1@")),
  "redirect-file": redirect(307, () => "file:///etc/passwd"),
  "old-stream": (_own, elsewhere) => (request, response) => {
    if (request.method !== "GET") return void response.writeHead(405).end();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: endpoint\ndata: ${elsewhere}/messages\n\n`);
  },
};

/** A server that wants a sign-in, and says in one of these documents where that is. */
function wanting(
  answers: (own: string, elsewhere: string) => Record<string, object | string>,
): Sender {
  return (own, elsewhere) => (request, response) => {
    const documents = answers(own(), elsewhere);
    const found = documents[request.url ?? ""];
    if (isJsonObject(found)) {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify(found));
    }
    if (typeof found === "string") return void response.writeHead(302, { location: found }).end();
    if (request.url !== "/mcp") return void response.writeHead(404).end();
    const metadata = documents.metadata ?? `${own()}${RESOURCE}`;
    response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${metadata}"` });
    response.end();
  };
}

const RESOURCE = "/.well-known/oauth-protected-resource/mcp";
const ISSUER = "/.well-known/oauth-authorization-server";
const namingMetadata = (url: (elsewhere: string) => string): Sender =>
  wanting((_own, elsewhere) => ({ metadata: url(elsewhere) }));
const namingIssuer = (url: (elsewhere: string) => string): Sender =>
  wanting((own, elsewhere) => ({
    [RESOURCE]: { resource: `${own}/mcp`, authorization_servers: [url(elsewhere)] },
  }));
const issuing = (more: (own: string, elsewhere: string) => JsonObject): Sender =>
  wanting((own, elsewhere) => ({
    [RESOURCE]: { resource: `${own}/mcp`, authorization_servers: [own] },
    [ISSUER]: {
      issuer: own,
      authorization_endpoint: `${own}/authorize`,
      token_endpoint: `${own}/token`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      ...more(own, elsewhere),
    },
  }));

const signIns: Readonly<Record<string, Sender>> = {
  "metadata-plain": namingMetadata((elsewhere) => `${elsewhere}/metadata`),
  "metadata-decimal": namingMetadata(() => "https://2130706433/metadata"),
  "metadata-mapped": namingMetadata(() => "https://[::ffff:7f00:1]/metadata"),
  "metadata-cloud": namingMetadata(() => "https://169.254.169.254/latest/meta-data"),
  "metadata-name": namingMetadata(() => "https://inside.example/metadata"),
  "metadata-moved": wanting((_own, elsewhere) => ({ [RESOURCE]: `${elsewhere}/metadata` })),
  "issuer-plain": namingIssuer((elsewhere) => elsewhere),
  "issuer-cloud": namingIssuer(() => "https://169.254.169.254"),
  "issuer-six": namingIssuer(() => "https://six.example"),
  "token-plain": issuing((_own, elsewhere) => ({ token_endpoint: `${elsewhere}/token` })),
};
/** Where nobody goes before somebody signs in. */
const registrations: Readonly<Record<string, Sender>> = {
  "register-plain": issuing((_own, elsewhere) => ({
    registration_endpoint: `${elsewhere}/register`,
  })),
};
const CREDENTIALS = {
  oauth: { grant: "client_credentials", clientId: "us", clientSecret: "a secret" },
};

const closing: (() => unknown)[] = [];
const asked = new Map<string, number>();
const elsewhere = { asked: 0 };
let upstream: CountingUpstream;
let bridge: RunningBridge;
let key: string;

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return String((server.address() as AddressInfo).port);
}

/** A sender that is reached by a private address, or by a name of the public internet that may lead there. */
async function open(name: string, sender: Sender, host: string, other: string) {
  let own = "";
  const port = await listen((request, response) => {
    asked.set(name, (asked.get(name) ?? 0) + 1);
    sender(() => own, other)(request, response);
  });
  own = `http://${host}:${port}`;
  return [name, { url: `${own}/mcp`, ...(name.startsWith("token") && CREDENTIALS) }] as const;
}

beforeAll(async () => {
  upstream = await startCountingUpstream("inside");
  const { port } = new URL(upstream.url);
  const receiver = await listen((_request, response) => {
    elsewhere.asked += 1;
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  const other = `http://127.0.0.1:${receiver}`;
  const moved = await listen((_request, response) => {
    response.writeHead(307, { location: other }).end();
  });
  const opened = await Promise.all([
    ...Object.entries(senders).map(([name, each]) => open(name, each, "127.0.0.1", other)),
    ...Object.entries({ ...signIns, ...registrations }).map(([name, each]) =>
      open(name, each, "listed.example", other),
    ),
  ]);
  const at = (name: string) => ({ url: `http://${name}:${port}/mcp`, startTimeoutMs: 3_000 });
  const secret = { headers: { authorization: "Bearer secret" } };
  const mcpServers = {
    ...{ inside: at("inside.example"), six: at("six.example"), rebound: at("rebound.example") },
    ...{ listed: at("listed.example"), local: { url: `http://localhost:${port}/mcp` } },
    ...Object.fromEntries(
      opened.map(([name, entry]) => [name, name in senders ? { ...entry, ...secret } : entry]),
    ),
  };
  const topics = ["call.success"];
  const webhooks = {
    inside: { url: `https://inside.example:${receiver}/`, topics },
    moved: { url: `http://127.0.0.1:${moved}/`, topics },
  };
  bridge = await startBridge({
    env,
    config: {
      ...{ mcpServers, upstreams: { allowHosts: ["listed.example"] } },
      ...{ catalog: { startWaitMs: 1_000 }, access: { localScopes: ["*:*"] } },
      events: { webhooks, allowHosts: [`127.0.0.1:${moved}`] },
    },
  });
  key = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
}, 60_000);
afterAll(async () => {
  await bridge?.stop();
  await upstream?.close();
  for (const close of closing) close();
});

async function rest(path: string, body?: object) {
  const answer = await fetch(`${bridge.url.replace(/\/mcp$/, "/api/mcp")}/${path}`, {
    ...{ method: body ? "POST" : "GET", headers: { "x-api-key": key } },
    ...(body && { body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as JsonObject;
  return { status: answer.status, code: objectOf(json.error).code, json };
}
const echo = (server: string) => rest("tool/call", { tool: "echo", server });

async function rows(): Promise<JsonObject[]> {
  const { json } = await rest("security/audit-logs?event=address_refused&limit=1000");
  return objectsOf(objectOf(json.data).entries).map(({ entry }) => objectOf(entry));
}
const expectRow = (row: JsonObject) =>
  vi.waitFor(async () => expect(await rows()).toContainEqual(expect.objectContaining(row)), {
    ...{ timeout: 20_000, interval: 100 },
  });

test.each(["inside", "six"])(
  "the name of %s leads to a private network, and is not followed",
  async (server) => {
    const before = upstream.seen.length;
    expect(await echo(server)).toMatchObject({ status: 404, code: "not_found" });
    await expectRow({ server });
    expect(upstream.seen.length).toBe(before);
  },
);

test.each(["listed", "local"])(
  "%s may lead there, since the configuration says so",
  async (server) => {
    const before = upstream.seen.length;
    expect(await echo(server)).toMatchObject({ status: 200 });
    expect(upstream.seen.length).toBe(before + 1);
    expect(await rows()).not.toContainEqual(expect.objectContaining({ server }));
  },
);

test("a name that leads elsewhere from the second time on is looked at each time", async () => {
  const before = upstream.seen.length;
  await vi.waitFor(
    async () => {
      await rest("servers/rebound/restart", {});
      expect((await echo("rebound")).status).not.toBe(200);
      expect(await rows()).toContainEqual(expect.objectContaining({ server: "rebound" }));
    },
    { timeout: 40_000, interval: 100 },
  );
  expect(upstream.seen.length).toBe(before);
});

test.each([...Object.keys(senders), ...Object.keys(signIns)])(
  "where %s sends the bridge it does not go, and that is on record",
  async (server) => {
    const { status, code } = await echo(server);
    // A server that was never reached offers nothing.
    expect([status, code]).toEqual([404, "not_found"]);
    await expectRow({ server });
    expect([(asked.get(server) ?? 0) > 0, elsewhere.asked]).toEqual([true, 0]);
  },
);

test.each(Object.keys(registrations))(
  "where %s would have the bridge introduce itself it does not go",
  async (server) => {
    expect(await rest(`sign-ins/${server}`, {})).toMatchObject({ status: 403, code: "denied" });
    await expectRow({ server });
    expect(elsewhere.asked).toBe(0);
  },
);

test("a webhook goes neither where its name leads inside nor where it is sent on", async () => {
  await echo("listed");
  await expectRow({ setting: "events.webhooks", host: expect.stringMatching(/^inside\.example/) });
  await expectRow({ setting: "events.webhooks", host: expect.stringMatching(/^127\.0\.0\.1/) });
  expect(elsewhere.asked).toBe(0);
});
