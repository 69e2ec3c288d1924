import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readChain, verifyChain } from "@trestle/access";
import type { JsonObject } from "@trestle/protocol";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { REFUSALS } from "../../src/access/refusals.ts";
import { objectOf, objectsOf } from "../../src/cli/data.ts";
import { type RunningBridge, startBridge } from "../_bridge.ts";
import { type CountingUpstream, startCountingUpstream } from "./_counting-upstream.ts";
import { type RawRequest, sendBytes, sendRaw, type Verdict } from "./_raw-http.ts";

/** How an attacker may present itself: with a key of few rights, as somebody else, or as nobody. */
type Who = "narrow" | "reader" | "worker" | "other" | "admin" | "nobody";
type Headers = readonly (readonly [string, string])[];

/** A bridge as a process of its own, with keys, OAuth and two servers behind it that note what reaches them. */
export interface Attacked {
  readonly bridge: RunningBridge;
  readonly port: number;
  readonly issuer: AuthorizationServer;
  readonly keys: Readonly<Record<Exclude<Who, "nobody">, string>>;
  /** Whatever reached a server behind the bridge. */
  seen(): readonly string[];
  /** How many requests were refused until now, whichever test sent them. */
  refusals(): number;
  raw(request: RawRequest): Promise<Verdict>;
  bytes(text: string | Buffer): Promise<Verdict>;
  rest(who: Who, path: string, more?: RestMore): Promise<Verdict>;
  /** A request of the modern era to the MCP endpoint. */
  rpc(who: Who, method: string, params?: JsonObject, headers?: Headers): Promise<Verdict>;
  /** Entries of the audit log, the newest first. */
  audit(filter?: string): Promise<readonly JsonObject[]>;
}

export interface RestMore {
  readonly method?: string;
  /** An object, or the text itself. */
  readonly body?: object | string | Buffer;
  readonly headers?: Headers;
}

export interface Attack {
  readonly what: string;
  send(attacked: Attacked): Promise<Verdict>;
  /** Status and code of the refusal. */
  readonly refused: readonly [number, string | number | undefined];
  /** What the audit log says of it afterwards. */
  readonly row: JsonObject;
}

/** One bridge for all attacks of a file. */
export function attackedBridge(
  config: JsonObject = {},
  env: Record<string, string> = {},
  proto: "http" | "https" = "http",
) {
  let attacked: (Attacked & { close(): Promise<void> }) | undefined;
  beforeAll(async () => {
    attacked = await startAttacked(config, env, proto);
  }, 60_000);
  afterAll(async () => attacked?.close());
  return (): Attacked => {
    if (!attacked) throw new Error("it has not started");
    return attacked;
  };
}

/** Each is refused with its code, reaches no server, and is in the audit log. */
export function refuses(attacked: () => Attacked, attacks: readonly Attack[]): void {
  const written = new Set<string>();
  test.each(attacks)("refused: $what", async ({ send, refused, row }) => {
    const before = attacked().seen().length;
    const { status, code, text } = await send(attacked());
    expect([status, code], text.slice(0, 2_000)).toEqual(refused);
    expect(attacked().seen().slice(before)).toEqual([]);
    // Once for each kind: the log counts the others, which is looked at in the end.
    const kind = JSON.stringify(row);
    if (!written.has(kind)) await expectRow(attacked(), row);
    written.add(kind);
  });

  countsEachRefusal(attacked, attacks);
}

/** Ends the bridge, and holds its audit log against all that was refused since it began. */
export function countsEachRefusal(
  attacked: () => Attacked,
  attacks: readonly Pick<Attack, "row">[] = [],
): void {
  test("the audit log counts every refusal by its kind, and is whole", async () => {
    const { bridge, refusals } = attacked();
    bridge.child.kill("SIGTERM");
    await bridge.exited;
    const folder = join(bridge.home, "bridge", "audit");
    expect(await verifyChain({ folder })).toMatchObject({ ok: true });
    const { counts, rows } = await countRefusals(folder);
    for (const [event, expected] of countsOf(attacks.map(({ row }) => String(row.event)))) {
      expect([event, counts.get(event)]).toEqual([event, expect.toSatisfy((n) => n >= expected)]);
    }
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThanOrEqual(refusals());
    // Each kind once in a window, and once more how often: so that nobody fills the disk.
    expect(rows).toBeLessThanOrEqual(MOST_ROWS);
  });
}

/** How often each event stands in the log, those that are only counted included. */
async function countRefusals(folder: string) {
  const counts = new Map<string, number>();
  const add = (event: string, count: number): void =>
    void counts.set(event, (counts.get(event) ?? 0) + count);
  let rows = 0;
  for await (const { entry } of readChain({ folder })) {
    const { event, repeats = 1, of } = entry;
    const isMore = event === "more_refused";
    if (!isMore && !REFUSALS.some((each) => each === event)) continue;
    rows += 1;
    if (!isMore) add(String(event), Number(repeats));
    for (const [each, count] of Object.entries(objectOf(of))) add(each, Number(count));
  }
  return { counts, rows };
}

function countsOf(events: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) counts.set(event, (counts.get(event) ?? 0) + 1);
  return counts;
}
/** Of two windows: 50 kinds and their repeats in each, and one number of all others. */
const MOST_ROWS = 202;

/** The log is written behind the answer. */
export async function expectRow(attacked: Attacked, row: JsonObject): Promise<void> {
  await vi.waitFor(
    async () => {
      const entries = await attacked.audit(`event=${row.event}`);
      expect(entries).toContainEqual(expect.objectContaining(row));
    },
    { timeout: 20_000, interval: 50 },
  );
}

/** Nobody's wrong keys count against the next attack, and each of the others has one address. */
let addresses = 0;
const addressOf = (who: Who): string =>
  who === "nobody" ? `203.0.113.${(addresses++ % 10) + 1}` : "198.51.100.1";

async function startAttacked(config: JsonObject, env: Record<string, string>, proto: string) {
  const [one, two] = await Promise.all(["one", "one-two"].map(startCountingUpstream));
  const issuer = await startAuthorizationServer({ clients: { dashboard: "" } });
  const mcpServers = {
    one: { url: one?.url, aliases: ["uno"], tools: { rename: { secret: "plain" } } },
    "one-two": { url: two?.url },
    ...objectOf(config.mcpServers),
  };
  const bridge = await startBridge({
    env,
    config: {
      access: { oauth: { issuer: issuer.issuer, login: { clientId: "dashboard" } } },
      ...config,
      mcpServers,
      http: { trustedProxies: ["127.0.0.1"], publicUrl: PUBLIC, ...objectOf(config.http) },
    },
  });
  const upstreams = [one, two] as CountingUpstream[];
  const attacked = connectTo(bridge, { issuer, upstreams, proto });
  const keys = await makeKeys(attacked, bridge);
  Object.assign(attacked.keys, keys);
  return {
    ...attacked,
    async close() {
      await Promise.all([bridge.stop(), issuer.close(), one?.close(), two?.close()]);
    },
  };
}

export const PUBLIC = "https://bridge.example";

function connectTo(
  bridge: RunningBridge,
  {
    issuer,
    upstreams,
    proto,
  }: {
    readonly issuer: AuthorizationServer;
    readonly upstreams: readonly CountingUpstream[];
    /** What the proxy says of how the requests came that are not raw. */
    readonly proto: string;
  },
): Attacked {
  const port = Number(new URL(bridge.url).port);
  const keys = {} as Record<Exclude<Who, "nobody">, string>;
  const head = (who: Who): Headers => [
    ["Host", `127.0.0.1:${port}`],
    ["X-Forwarded-For", addressOf(who)],
    ...(proto === "https" ? ([["X-Forwarded-Proto", proto]] as const) : []),
    ...(who === "nobody" ? [] : ([["X-API-Key", keys[who]]] as const)),
  ];
  let refusals = 0;
  async function counted(answer: Promise<Verdict>): Promise<Verdict> {
    const verdict = await answer;
    if (verdict.status >= 400 || verdict.code !== undefined) refusals += 1;
    return verdict;
  }
  const raw = (request: RawRequest) => counted(sendRaw(port, request));
  const rest: Attacked["rest"] = (who, path, { method, body, headers = [] } = {}) =>
    raw({
      method: method ?? (body === undefined ? "GET" : "POST"),
      path: `/api/mcp/${path}`,
      headers: [...head(who), ...headers],
      ...(body !== undefined && { body: textOf(body) }),
    });
  return {
    ...{ bridge, port, issuer, keys, raw, rest },
    seen: () => upstreams.flatMap(({ seen }) => seen),
    refusals: () => refusals,
    bytes: (bytes) => counted(sendBytes(port, bytes)),
    rpc: (who, method, params = {}, headers = []) =>
      raw({
        ...{ method: "POST", path: "/mcp" },
        headers: [...head(who), ...modernHeaders(method, params, headers)],
        body: modernBody(method, params),
      }),
    async audit(filter = "") {
      const { body } = await rest("admin", `security/audit-logs?limit=1000&${filter}`);
      return objectsOf(objectOf(body.data).entries).map(({ entry }) => objectOf(entry));
    },
  };
}

function textOf(body: object | string): string | Buffer {
  return typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

const VERSION = "2026-07-28";

function modernHeaders(method: string, { name, uri }: JsonObject, more: Headers): Headers {
  const given = new Set(more.map(([each]) => each.toLowerCase()));
  const usual: Headers = [
    ["Content-Type", "application/json"],
    ["Accept", "application/json, text/event-stream"],
    ["MCP-Protocol-Version", VERSION],
    ["Mcp-Method", method],
    ...(typeof (name ?? uri) === "string"
      ? [["Mcp-Name", latin(String(name ?? uri))] as const]
      : []),
  ];
  return [...usual.filter(([each]) => !given.has(each.toLowerCase())), ...more];
}

/** Values that a header cannot carry are wrapped. */
function latin(value: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  return `=?base64?${Buffer.from(value).toString("base64")}?=`;
}

export function modernBody(method: string, params: JsonObject): string {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": { name: "attacker", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
    ...objectOf(params._meta),
  };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
}

async function makeKeys(attacked: Attacked, { home }: RunningBridge) {
  const admin = readFileSync(join(home, "admin.key"), "utf8").trim();
  Object.assign(attacked.keys, { admin });
  const make = async (name: string, scopes: string[]) => {
    const { body } = await attacked.rest("admin", "keys", { body: { name, scopes } });
    return String(objectOf(body.data).key);
  };
  return {
    ...{ admin, narrow: await make("narrow", ["one:echo"]) },
    reader: await make("reader", ["one:*:read"]),
    worker: await make("worker", ["one:echo", "orchestrator:*"]),
    other: await make("other", ["one:echo", "orchestrator:*"]),
  };
}
