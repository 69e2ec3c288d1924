import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import type { ProtectedServer } from "@trestle/testkit/authorization-server";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { callByHttp } from "./_peer.ts";
import { until } from "./_processes.ts";
import { openProtectedUpstream } from "./_protected-upstream.ts";
import { type RestBridge, startRest } from "./_rest.ts";

/** What everybody else must not see. */
export const CANARY = "words-of-the-administrator";

/** One good request of a route, and what becomes of the same from a key that may do nothing. */
export interface Example {
  /** Values for the named parts of the path. */
  readonly parts?: Readonly<Record<string, string>>;
  /** The query of GET and DELETE, else the body. */
  readonly input?: JsonObject;
  /** What it is done with, where that can be done once. */
  readonly once?: JsonObject;
  /** Who does it, where that is nobody with a key. */
  readonly as?: Readonly<Record<string, string>>;
  /** `less`: it is answered, without what the key may not see; `hidden`: as if there were no such thing. */
  readonly forbidden: "denied" | "hidden" | "less" | "open";
}

/** What the examples are about: made beforehand. */
export interface World {
  readonly bridge: RestBridge;
  readonly admin: Readonly<Record<string, string>>;
  /** Of a key whose scopes cover nothing. */
  readonly narrow: Readonly<Record<string, string>>;
  /** A browser that is logged in. */
  readonly browser: Readonly<Record<string, string>>;
  /** What another one was sent back to, from where it signed in. */
  readonly signedInAt: string;
  stop(): Promise<void>;
  readonly ids: Readonly<
    Record<
      | "call"
      | "chain"
      | "review"
      | "letter"
      | "handle"
      | "rotated"
      | "revoked"
      | "execution"
      | "cancelled"
      | "swarm",
      string
    >
  >;
}

const KEY = "a-key-of-sixteen-letters";
/** A server of another program on the bridge's machine. */
const HOSTED = "hosted";
const ALL = { TRESTLE_PROFILE: "all" };
const ECHO = { tool: "one__echo", arguments: { text: CANARY } };
const STEPS = [{ server: "one", tool: "echo", arguments: { text: CANARY } }];

export async function startWorld(): Promise<World> {
  const failing = { timeout: { attemptMs: 100 }, retry: { retries: 0 } };
  const fallback = [
    { kind: "notify", level: "alert", message: "Look." },
    { kind: "review", message: "Was it done?" },
  ];
  const guarded = await openProtectedUpstream();
  const webhook = { url: "https://127.0.0.1:9/", topics: ["fallback.*"] };
  const bridge = await startRest(
    {
      http: { key: KEY },
      access: { keyScopes: ["none:nothing:read"] },
      events: { webhooks: { inside: webhook } },
      upstreams: { allowHosts: ["127.0.0.1:9"] },
      results: { maxBytes: 1_000 },
    },
    {},
    { policy: { tools: { write: { ...failing, fallback } } } },
    {
      database: { embedded: "database", env: ALL },
      orchestrator: { embedded: "orchestrator", env: ALL },
      guarded: { url: guarded.url },
    },
  );
  mkdirSync(join(bridge.home, ".cursor"));
  const hosts = { mcpServers: { [HOSTED]: { url: "http://127.0.0.1:9/hosted" } } };
  writeFileSync(join(bridge.home, ".cursor", "mcp.json"), JSON.stringify(hosts));
  const admin = {
    authorization: `Bearer ${readFileSync(join(bridge.home, "admin.key"), "utf8").trim()}`,
  };
  const post = async (path: string, body: JsonObject) =>
    (await bridge.post(path, body, admin)).body;
  const called = await post("tool/call", ECHO);
  const chain = await post("chain", { name: CANARY, steps: STEPS });
  await post("tool/call", { tool: "one__write", arguments: { key: CANARY, beforeMs: 5_000 } });
  const [item] = objectsOf(objectOf((await bridge.get("review", admin)).body.data).items);
  const long = { text: CANARY.repeat(200) };
  const { answer } = await callByHttp(bridge.url, "one__echo", long, admin);
  const [, handle] = /result:\/\/([\w-]+)/.exec(JSON.stringify(answer)) ?? [];
  const definition = { id: "ask", steps: [{ id: "ask", type: "approval", message: CANARY }] };
  await post("tool/call", { tool: "orchestrator.register_workflow", arguments: { definition } });
  const execute = () => post("workflow/execute", { workflow: "ask", wait_seconds: 0 });
  const [execution, cancelled] = [await execute(), await execute()];
  const swarm = await post("swarm/create", { name: CANARY });
  const person = await post("keys", { name: "person", scopes: ["one:*"] });
  const [rotated, revoked] = [await post("keys", { name: "a" }), await post("keys", { name: "b" })];
  return {
    ...{ bridge, admin, narrow: { "x-api-key": KEY } },
    browser: await logIn(bridge, { "x-api-key": String(objectOf(person.data).key) }),
    signedInAt: await signIn(guarded, await post("sign-ins/guarded", {})),
    async stop() {
      await bridge.stop();
      await guarded.close();
    },
    ids: {
      call: String(objectOf(called.metadata).execution_id),
      chain: String(objectOf(chain.metadata).execution_id),
      review: String(item?.id),
      letter: await deadLetter(bridge, admin),
      handle: String(handle),
      execution: String(objectOf(execution.data).executionId),
      cancelled: String(objectOf(cancelled.data).executionId),
      swarm: String(objectOf(swarm.data).swarm ?? objectOf(swarm.data).id),
      rotated: idOf(rotated),
      revoked: idOf(revoked),
    },
  };
}

async function logIn(bridge: RestBridge, key: Record<string, string>) {
  const { headers, body } = await bridge.post("login", {}, key);
  const [cookie = ""] = String(headers.get("set-cookie")).split(";");
  return { cookie, "x-csrf-token": String(objectOf(body.data).csrf_token) };
}

/** The address that the browser is sent to at the end. */
async function signIn({ server }: ProtectedServer, { data }: JsonObject): Promise<string> {
  return String(await server.signIn(String(objectOf(data).url), "ann"));
}

const idOf = (body: JsonObject): string => String(objectOf(body.data).id);

/** The webhook is not on the public internet: it is given up at once. */
async function deadLetter(bridge: RestBridge, admin: Record<string, string>): Promise<string> {
  let id = "";
  await until("a delivery is given up", async () => {
    const { data } = (await bridge.get("webhooks", admin)).body;
    id = String(objectsOf(objectOf(data).dead_letters)[0]?.id ?? "");
    return id !== "";
  });
  return id;
}

/** By `METHOD path`, in the order in which they are asked. */
export function examplesOf({ ids, browser, signedInAt }: World): Readonly<Record<string, Example>> {
  return {
    "GET health": { forbidden: "open" },
    "GET servers": { forbidden: "less" },
    "GET ps": { forbidden: "less" },
    "GET doctor": { forbidden: "denied" },
    "POST servers": {
      input: { name: "extra", entry: { url: "http://127.0.0.1:9/mcp" } },
      forbidden: "denied",
    },
    "PUT servers/:name": {
      ...{ parts: { name: "extra" }, input: { entry: { url: "http://127.0.0.1:9/other" } } },
      forbidden: "denied",
    },
    "DELETE servers/:name": { parts: { name: "extra" }, forbidden: "denied" },
    "POST servers/:server/restart": { parts: { server: "one" }, forbidden: "denied" },
    "GET servers/:server/stderr": { parts: { server: "one" }, forbidden: "denied" },
    "GET sign-ins": { forbidden: "less" },
    "GET import": { forbidden: "denied" },
    "POST import": {
      input: { servers: [{ host: "cursor", name: HOSTED }], dry_run: true },
      forbidden: "denied",
    },
    "POST sign-ins/finish": {
      input: { url: "http://127.0.0.1:9/callback?code=a&state=b" },
      ...{ once: { url: signedInAt }, forbidden: "denied" },
    },
    "POST sign-ins/:server": { parts: { server: "guarded" }, forbidden: "denied" },
    "DELETE sign-ins/:server": { parts: { server: "guarded" }, forbidden: "denied" },
    "GET config": { input: { key: "http.port" }, forbidden: "denied" },
    "PUT config/:key": {
      ...{ parts: { key: "history.maxRows" }, input: { value: 5_000 } },
      forbidden: "denied",
    },
    "DELETE config/:key": { parts: { key: "history.maxRows" }, forbidden: "denied" },
    "GET discover": { input: { detail: "full" }, forbidden: "less" },
    "GET tools": { input: { query: "echo" }, forbidden: "less" },
    "GET tools/find": { input: { query: "echo", limit: 3 }, forbidden: "less" },
    "GET tools/:tool": { parts: { tool: "one.echo" }, forbidden: "denied" },
    "GET tools/:tool/policies": { parts: { tool: "one.echo" }, forbidden: "denied" },
    "POST tool/call": { input: { ...ECHO, timeout: 5, use_cache: false }, forbidden: "denied" },
    "POST tool/batch": { input: { calls: [ECHO] }, forbidden: "less" },
    "GET results/:handle": { parts: { handle: ids.handle }, forbidden: "hidden" },
    "POST chain": { input: { name: "again", steps: STEPS }, forbidden: "less" },
    "GET workflows": { input: { templates: false }, forbidden: "denied" },
    "POST workflow/execute": {
      input: { workflow: "ask", wait_seconds: 0, idempotency_key: "once", timeout: 20 },
      forbidden: "denied",
    },
    "GET workflow/executions": { input: { limit: 5 }, forbidden: "denied" },
    "GET workflow/executions/:id": { parts: { id: ids.execution }, forbidden: "denied" },
    "POST workflow/executions/:id/cancel": { parts: { id: ids.cancelled }, forbidden: "denied" },
    "POST swarm/create": { input: { name: "ours", topology: "star" }, forbidden: "denied" },
    "GET swarm/:id": { parts: { id: ids.swarm }, forbidden: "denied" },
    "POST database/query": {
      input: { type: "query", sql: "select $1::int as n", params: [1] },
      forbidden: "denied",
    },
    "GET chains": { input: { limit: 5 }, forbidden: "less" },
    "POST chains/promote": { input: { calls: [ids.call], name: "again" }, forbidden: "hidden" },
    "POST chains/test": {
      input: { chain: { name: "none", steps: STEPS }, fixture: { calls: [] } },
      forbidden: "less",
    },
    "GET chains/:id": { parts: { id: ids.chain }, forbidden: "hidden" },
    "GET history": { input: { server: "one", limit: 5 }, forbidden: "less" },
    "GET history/:execution_id": { parts: { execution_id: ids.call }, forbidden: "hidden" },
    "GET metrics": { input: { timeframe: "24h", group_by: "tool" }, forbidden: "less" },
    "GET performance": { forbidden: "less" },
    "GET costs": { input: { group_by: "day", timeframe: "7d" }, forbidden: "less" },
    "GET advice": { forbidden: "denied" },
    "POST advice/apply": { input: {}, forbidden: "denied" },
    "GET stats": { forbidden: "less" },
    "GET alerts": { input: { state: "firing" }, forbidden: "denied" },
    "GET cache": { forbidden: "less" },
    "POST cache/clear": { input: { server: "one" }, forbidden: "denied" },
    "POST cache/toggle": { input: { enabled: true }, forbidden: "denied" },
    "GET review": { input: { state: "waiting" }, forbidden: "less" },
    "GET review/:id": { parts: { id: ids.review }, forbidden: "hidden" },
    "POST review/:id": {
      ...{ parts: { id: ids.review }, input: { decision: "reject", reason: "No." } },
      forbidden: "denied",
    },
    "GET pins": { forbidden: "denied" },
    "GET pins/diff": { input: { server: "one" }, forbidden: "denied" },
    "POST pins/approve": { input: { server: "one" }, forbidden: "denied" },
    "GET webhooks": { input: { limit: 5 }, forbidden: "denied" },
    "POST webhooks/:id": { parts: { id: ids.letter }, forbidden: "denied" },
    "GET me": { forbidden: "less" },
    "POST login": { forbidden: "less" },
    // Whoever presents a key has none.
    "GET session": { as: browser, forbidden: "hidden" },
    "POST logout": { as: browser, forbidden: "hidden" },
    "GET keys": { forbidden: "denied" },
    "POST keys": { input: { name: "c", scopes: ["one:*"] }, forbidden: "denied" },
    "POST keys/:id/rotate": { parts: { id: ids.rotated }, forbidden: "denied" },
    "DELETE keys/:id": { parts: { id: ids.revoked }, forbidden: "denied" },
    "GET security/audit-logs": { input: { limit: 5 }, forbidden: "denied" },
    "GET security/audit-logs/verify": { forbidden: "denied" },
  };
}
