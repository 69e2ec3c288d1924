import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, relative } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { objectOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { connectFeed } from "./_feed.ts";
import { until } from "./_processes.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

/** Each of another kind, and of no form that gives itself away. */
const CANARIES = {
  httpKey: "canary http key 4711",
  env: "canary-of-the-environment",
  header: "canary-of-the-header",
  hook: "canary-of-the-hook",
  argument: "canary-of-an-argument",
  wrongKey: "canary-that-somebody-mistyped",
};
const LIMIT_MS = 60_000;

/** Refuses everybody, and says what it was given. */
async function tellTale(): Promise<string> {
  const server = createServer((request, response) => {
    const words = `you sent ${request.headers.authorization} to ${request.url}`;
    response.writeHead(500, words, { "content-type": "text/plain" }).end(words);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** Everything that a home holds, but the configuration and copies of it, which are where secrets come from. */
function keptIn(home: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => !/trestle\.json$|\/backups\/|owner\.lock/.test(path))
    .map((path) => ({ name: relative(home, path), bytes: readFileSync(path) }));
}

async function startWithSecrets(url: string): Promise<RestBridge> {
  const far = { url: `${url}/mcp`, headers: { Authorization: `Bearer ${CANARIES.header}` } };
  const hook = { url: `${url}/hook`, secret: CANARIES.hook, topics: ["*"] };
  const host = new URL(url).host;
  const home = { env: { CANARY: CANARIES.env, TOKEN: CANARIES.env } };
  return startRest(
    {
      http: { key: CANARIES.httpKey.replaceAll(" ", "-"), admin: true },
      events: { webhooks: { hook }, allowHosts: [host] },
      policy: { retry: { retries: 0 } },
      access: { keyScopes: ["one:*", "far:*"] },
    },
    {},
    { ...home, aliases: ["uno"] },
  ).then(async (bridge) => {
    const added = await bridge.ask("servers", {
      method: "POST",
      headers: adminOf(bridge),
      body: JSON.stringify({ name: "far", entry: far }),
    });
    expect(added.status).toBe(200);
    return bridge;
  });
}

function adminOf({ home }: RestBridge): { readonly authorization: string } {
  const text = readFileSync(join(home, "admin.key"), "utf8").trim();
  return { authorization: `Bearer ${text}` };
}

test(
  "no secret is in what the bridge logs, keeps, answers, tells or audits",
  async () => {
    const bridge = await startWithSecrets(await tellTale());
    onTestFinished(() => void bridge.stop());
    const admin = adminOf(bridge);
    const httpKey = CANARIES.httpKey.replaceAll(" ", "-");
    const told: string[] = [];
    const keep = (answered: Answered): Answered => {
      told.push(answered.text);
      return answered;
    };
    const feed = await connectFeed(bridge.url, { headers: admin });
    await feed.subscribe({ topics: ["*"], since: 0 });

    // What is to be shown once is, and taken note of.
    const made = await bridge.post("keys", { name: "one" }, admin);
    const { id, key } = objectOf(made.body.data);
    const rotated = objectOf((await bridge.post(`keys/${id}/rotate`, {}, admin)).body.data);
    const session = await bridge.post("login", {}, { "x-api-key": String(rotated.key) });
    const [cookie = ""] = (session.headers.get("set-cookie") ?? "").split(";");
    const secrets: string[] = [
      ...Object.values({ ...CANARIES, httpKey }),
      ...[String(key), String(rotated.key), String(objectOf(session.body.data).csrf_token)],
      ...[cookie.split("=")[1] ?? "", admin.authorization.split(" ")[1] ?? ""],
    ];

    const withKey = { "x-api-key": httpKey };
    const calls: JsonObject[] = [
      { tool: "one.echo", arguments: { text: "a", password: CANARIES.argument } },
      { tool: "one.echo", arguments: { text: "a", fail: true, token: CANARIES.argument } },
      { tool: "far.anything", arguments: { api_key: CANARIES.argument } },
    ];
    for (const call of calls) keep(await bridge.post("tool/call", call, withKey));
    keep(await bridge.get("history", { "x-api-key": CANARIES.wrongKey }));
    keep(await bridge.get("history", { cookie }));
    keep(await bridge.post("tool/call", calls[0], { cookie }));
    keep(await bridge.get("history", { cookie: `${cookie}x` }));
    const entry = { command: "/nowhere/at-all", env: { TOKEN: CANARIES.env } };
    const body = JSON.stringify({ name: "gone", entry });
    keep(await bridge.ask("servers", { method: "POST", headers: admin, body }));
    keep(await bridge.ask("servers/gone", { method: "DELETE", headers: admin }));
    const bad = JSON.stringify({ value: { secret: CANARIES.hook } });
    keep(await bridge.ask("config/policy.retry", { method: "PUT", headers: admin, body: bad }));

    for (const path of [
      ...["servers", "doctor", "health", "discover", "history?limit=100", "config", "keys"],
      ...[
        "security/audit-logs?limit=1000",
        "webhooks",
        "review",
        "stats",
        "metrics",
        "openapi.json",
      ],
      ...["servers/one/stderr", "servers/far/stderr"],
    ]) {
      keep(await bridge.get(path, admin));
    }
    for (const args of [
      ["servers"],
      ["config", "get"],
      ["audit", "list"],
      ["history"],
      ["doctor"],
    ]) {
      const { stdout, stderr } = await trestle(args, { home: bridge.home });
      told.push(stdout, stderr);
    }
    await until("the feed has told of the calls", () => feed.topics().includes("call.success"));
    told.push(JSON.stringify(feed.frames));

    // The server said it to its stderr: had nobody looked, it would be everywhere.
    expect(told.join("\n")).toContain("one says hello, its key is");
    const leaks = secrets.flatMap((secret) => [
      ...told.filter((text) => text.includes(secret)).map((text) => ({ secret, text })),
      ...keptIn(bridge.home)
        .filter(({ name, bytes }) => name !== "admin.key" && bytes.includes(secret))
        .map(({ name }) => ({ secret, text: name })),
    ]);
    expect(leaks).toEqual([]);
    expect(keptIn(bridge.home).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["bridge/bridge.log", "bridge/history.db", "bridge/keys.db"]),
    );
  },
  LIMIT_MS,
);
