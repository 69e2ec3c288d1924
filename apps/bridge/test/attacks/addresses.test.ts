import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RunningBridge, startBridge } from "../_bridge.ts";
import { type Attack, type Attacked, attackedBridge, refuses } from "./_attacked.ts";
import { type CountingUpstream, startCountingUpstream } from "./_counting-upstream.ts";

const NAMES = fileURLToPath(new URL("./_names.ts", import.meta.url));

/** Names of the public internet, by what they look like, and where they lead. */
const LEADING = {
  "inside.example": ["127.0.0.1"],
  "metadata.example": ["169.254.169.254"],
  "six.example": ["::1"],
  "mapped.example": ["::ffff:10.0.0.1"],
  "rebound.example": ["93.184.215.14", "127.0.0.1"],
  "listed.example": ["127.0.0.1"],
};
const env = {
  NODE_OPTIONS: `--import=${NAMES}`,
  ATTACK_NAMES: JSON.stringify(LEADING),
};

const private_: readonly string[] = [
  ...["https://127.0.0.1/mcp", "https://localhost/mcp", "https://localhost./mcp", "https://0/mcp"],
  ...[
    "https://2130706433/mcp",
    "https://0x7f000001/mcp",
    "https://0177.0.0.1/mcp",
    "https://127.1/mcp",
  ],
  ...["https://10.0.0.1/mcp", "https://192.168.1.1/mcp", "https://172.31.255.255/mcp"],
  ...["https://169.254.169.254/latest/meta-data", "https://100.100.100.200/mcp"],
  ...[
    "https://[::1]/mcp",
    "https://[::]/mcp",
    "https://[fe80::1]/mcp",
    "https://[fd00:ec2::254]/mcp",
  ],
  ...[
    "https://[::ffff:127.0.0.1]/mcp",
    "https://[::ffff:a9fe:a9fe]/mcp",
    "https://[64:ff9b::7f00:1]/mcp",
  ],
  ...["https://[2002:7f00:1::]/mcp", "https://[::127.0.0.1]/mcp", "https://224.0.0.1/mcp"],
  ...["https://tracker/mcp", "https://metadata.google.internal/mcp", "https://printer.local/mcp"],
  ...["https://inside.example/mcp", "https://metadata.example/mcp", "https://six.example/mcp"],
  ...["https://mapped.example/mcp", "http://93.184.215.14/mcp", "https://１２７.0.0.1/mcp"],
  ...["https://127。0。0。1/mcp"],
];
const wrong: readonly string[] = [
  ...[
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://127.0.0.1/",
    "data:text/plain,x",
  ],
  ...["unix:/var/run/docker.sock", "//127.0.0.1/mcp", "127.0.0.1", "https://", "javascript:1"],
  ...["https://user:secret@93.184.215.14/mcp"],
];

describe("what is added over REST", () => {
  const attacked = attackedBridge({}, env);
  const add = (entry: JsonObject) => (it: Attacked) =>
    it.rest("admin", "servers", { body: { name: "two", entry } });
  const refusedAs = (operation: string) => ({ event: "operation_refused", operation });

  const urls: Attack[] = private_.map((url) => ({
    what: `the address ${url}`,
    send: add({ url }),
    refused: [403, "denied"],
    row: refusedAs("server_add"),
  }));
  const schemes: Attack[] = wrong.map((url) => ({
    what: `the address ${url}`,
    send: add({ url }),
    refused: [400, "invalid_input"],
    row: { event: "request_refused", status: 400 },
  }));
  const elsewhere: Attack[] = [
    [
      "a replica",
      add({ url: "https://93.184.215.14/mcp", replicas: ["https://127.0.0.1/mcp"] }),
      "server_add",
    ],
    [
      "an authorization server",
      add({ url: "https://93.184.215.14/mcp", oauth: { issuer: "http://169.254.169.254" } }),
      "server_add",
    ],
    [
      "a reference in place of an address",
      add({ url: "${BRIDGE:-http://127.0.0.1/mcp}" }),
      "server_add",
    ],
    [
      "an address beside a program",
      add({ url: "https://93.184.215.14/mcp", command: "id" }),
      "server_add",
    ],
    [
      "another address of a server that there is",
      (it: Attacked) =>
        it.rest("admin", "servers/one", {
          method: "PUT",
          body: { entry: { url: "http://127.0.0.1:1/mcp" } },
        }),
      "server_change",
    ],
    ...[
      "mcpServers.one.url",
      "upstreams.allowHosts",
      "upstreams",
      "events.allowHosts",
      "http.admin",
      "telemetry.endpoint",
      "access.oauth.jwksUri",
      "store.redis",
    ].map(
      (key) =>
        [
          `the key ${key}`,
          (it: Attacked) =>
            it.rest("admin", `config/${key}`, {
              method: "PUT",
              body: { value: "http://127.0.0.1:1" },
            }),
          "config_set",
        ] as const,
    ),
  ].map(([what, send, operation]) => ({
    what: String(what),
    send: send as Attack["send"],
    refused: [403, "denied"],
    row: refusedAs(String(operation)),
  }));
  refuses(attacked, [...urls, ...schemes, ...elsewhere]);
});

type Named = Readonly<Record<string, RequestListener>>;

/** What servers answer to have the bridge go elsewhere. */
const senders = (elsewhere: string): Named => ({
  "redirect-307": redirect(307, `${elsewhere}/mcp`),
  "redirect-308": redirect(308, `${elsewhere}/mcp`),
  "redirect-303": redirect(303, `${elsewhere}/mcp`),
  "redirect-bare": redirect(307, elsewhere.replace("http:", "")),
  "redirect-user": redirect(307, elsewhere.replace("://", "://127.0.0.1@")),
  "old-stream": (request, response) => {
    if (request.method !== "GET") return void response.writeHead(405).end();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: endpoint\ndata: ${elsewhere}/messages\n\n`);
  },
});
const redirect =
  (status: number, location: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();

describe("what the configuration names", () => {
  const closing: (() => unknown)[] = [];
  const asked = new Map<string, number>();
  const elsewhere = { asked: 0 };
  let upstream: CountingUpstream;
  let bridge: RunningBridge;
  let key: string;
  const names = Object.keys(senders(""));

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  beforeAll(async () => {
    upstream = await startCountingUpstream("inside");
    const { port } = new URL(upstream.url);
    const other = await listen((_request, response) => {
      elsewhere.asked += 1;
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    const listeners = Object.entries(senders(other)).map(async ([name, listener]) => {
      const url = await listen((request, response) => {
        asked.set(name, (asked.get(name) ?? 0) + 1);
        listener(request, response);
      });
      return [name, { url: `${url}/mcp`, headers: { authorization: "Bearer secret" } }];
    });
    const at = (name: string) => ({ url: `http://${name}:${port}/mcp`, startTimeoutMs: 3_000 });
    const mcpServers = {
      ...{ inside: at("inside.example"), six: at("six.example"), rebound: at("rebound.example") },
      ...{ listed: at("listed.example"), local: { url: `http://localhost:${port}/mcp` } },
      ...Object.fromEntries(await Promise.all(listeners)),
    };
    const upstreams = { allowHosts: [`listed.example:${port}`] };
    const catalog = { startWaitMs: 1_000 };
    bridge = await startBridge({ env, config: { mcpServers, upstreams, catalog } });
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
    return { status: answer.status, text: await answer.text() };
  }
  const echo = (server: string) => rest("tool/call", { tool: "echo", server });
  const refusedAt = (server: string) =>
    vi.waitFor(
      async () => {
        const { text } = await rest(`security/audit-logs?event=address_refused&server=${server}`);
        expect(text).toContain(`"server":"${server}"`);
      },
      { timeout: 20_000, interval: 100 },
    );

  test.each(["inside", "six"])(
    "the name of %s leads to a private network, and is not followed",
    async (server) => {
      const before = upstream.seen.length;
      expect((await echo(server)).status).not.toBe(200);
      await refusedAt(server);
      expect(upstream.seen.length).toBe(before);
    },
  );

  test.each(["listed", "local"])(
    "%s may lead there, since the configuration says so",
    async (server) => {
      const before = upstream.seen.length;
      expect(await echo(server)).toMatchObject({ status: 200 });
      expect(upstream.seen.length).toBe(before + 1);
    },
  );

  test("a name that leads elsewhere from the second time on is looked at each time", async () => {
    const before = upstream.seen.length;
    await vi.waitFor(
      async () => {
        await rest("servers/rebound/restart", {});
        expect((await echo("rebound")).status).not.toBe(200);
        const { text } = await rest("security/audit-logs?event=address_refused&server=rebound");
        expect(text).toContain('"server":"rebound"');
      },
      { timeout: 40_000, interval: 100 },
    );
    expect(upstream.seen.length).toBe(before);
  });

  test.each(names)("where %s sends the bridge it does not go", async (name) => {
    expect((await echo(name)).status).not.toBe(200);
    expect([(asked.get(name) ?? 0) > 0, elsewhere.asked]).toEqual([true, 0]);
  });
});
