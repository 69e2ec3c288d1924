import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import { type OwnRedis, startOwnRedis } from "@trestle/testkit/own-redis";
import { type RunningBridge, startBridge, temporaryFolder } from "./_bridge.ts";

const UPSTREAM = fileURLToPath(new URL("./fixtures/upstream.ts", import.meta.url));
const PAST = fileURLToPath(
  new URL("../../../packages/upstream/test/fixtures/v1-stdio.ts", import.meta.url),
);
const PRESENT = fileURLToPath(
  new URL("../../../packages/upstream/test/fixtures/v2-stdio.ts", import.meta.url),
);
/** Of a caller whom every bridge knows without having been told. */
export const HTTP_KEY = "a-key-that-is-long-enough";
const MCP_ENCRYPTION_KEY = "a passphrase of some length";

/** Calls of `one.echo` in a minute. */
export const LIMIT = 12;

export interface SharedBridge extends RunningBridge {
  /** Of its own home. */
  readonly admin: string;
  ask(method: string, path: string, body?: JsonObject, key?: string): Promise<Answer>;
  /** Calls the tool over REST. */
  call(tool: string, args?: JsonObject, key?: string): Promise<Answer>;
  health(): Promise<JsonObject>;
}

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface SharedBridges {
  readonly redis: OwnRedis;
  /** Where all their servers leave what they did. */
  readonly root: string;
  /** In a home that an earlier one left behind, where one is named. */
  start(home?: string): Promise<SharedBridge>;
  /** One that has ended, again: in its home and at its address. */
  restart(ended: SharedBridge): Promise<SharedBridge>;
  /** Ends them and their Redis. */
  end(): Promise<void>;
}

/** Bridges with homes of their own that share one Redis. Their servers: `one`, and those that ask users: `past`, and `present`, of the modern era. */
export async function openSharedBridges(
  more: JsonObject = {},
  one: JsonObject = {},
): Promise<SharedBridges> {
  const redis = await startOwnRedis();
  const root = temporaryFolder();
  /** By their homes: of each, the last. */
  const started = new Map<string, RunningBridge>();
  const config = {
    store: { redis: redis.url },
    http: { key: HTTP_KEY },
    catalog: { tools: { own: "hidden" } },
    mcpServers: {
      one: {
        command: process.execPath,
        args: [UPSTREAM, `--root=${root}`, "--name=one"],
        policy: { tools: { echo: { limit: { calls: LIMIT } } } },
        ...one,
      },
      past: { command: process.execPath, args: [PAST] },
      present: { command: process.execPath, args: [PRESENT, "--modern-only"] },
    },
    ...more,
  };
  async function begin(where: { home?: string; port?: number }): Promise<SharedBridge> {
    const bridge = await startBridge({ config, env: { MCP_ENCRYPTION_KEY }, ...where });
    started.set(bridge.home, bridge);
    return withRest(bridge);
  }
  return {
    redis,
    root,
    start: (home) => begin(home === undefined ? {} : { home }),
    restart: ({ home, url }) => begin({ home, port: Number(new URL(url).port) }),
    async end() {
      await Promise.all([...started.values()].map((bridge) => bridge.stop()));
      await redis.end();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export async function startThree(
  more: JsonObject = {},
): Promise<
  SharedBridges & { readonly bridges: readonly [SharedBridge, SharedBridge, SharedBridge] }
> {
  const opened = await openSharedBridges(more);
  const bridges = await Promise.all([opened.start(), opened.start(), opened.start()]);
  return { ...opened, bridges };
}

function withRest(bridge: RunningBridge): SharedBridge {
  const rest = bridge.url.replace(/\/mcp$/, "/api/mcp");
  const admin = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();

  async function ask(
    method: string,
    path: string,
    body?: JsonObject,
    key = admin,
  ): Promise<Answer> {
    const response = await fetch(`${rest}/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const parsed = parseJson(await response.text());
    return { status: response.status, body: isJsonObject(parsed) ? parsed : {} };
  }

  return {
    ...bridge,
    admin,
    ask,
    call: (tool, args = {}, key = HTTP_KEY) =>
      ask("POST", "tool/call", { tool, arguments: args }, key),
    health: async () => dataOf(await ask("GET", "health")),
  };
}

export function dataOf({ body }: Answer): JsonObject {
  return isJsonObject(body.data) ? body.data : {};
}
