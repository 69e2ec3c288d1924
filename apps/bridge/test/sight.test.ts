import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  isTrestleError,
  type JsonObject,
  type JsonValue,
  MODERN_VERSION,
  parseJson,
} from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { keyOf, startCore } from "./_core.ts";
import { envelope, listNames, type Peer, serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";
import { until } from "./_processes.ts";
import { createRandom, pick, seedOf } from "./_random.ts";
import { type RestBridge, startRest } from "./_rest.ts";
import { entry } from "./_upstreams.ts";

/** A caller is told of what it may use, and of nothing else. */

const KEY = "a-key-of-sixteen-letters";
const withKey = { authorization: `Bearer ${KEY}` };
const EXOTIC = fileURLToPath(new URL("./fixtures/exotic.ts", import.meta.url));
const exotic = { command: process.execPath, args: [EXOTIC, "--era=legacy"] };

const namesOf = (value: JsonValue | undefined) => objectsOf(value).map(({ name }) => String(name));

async function askMcp(bridge: RestBridge, method: string, params: JsonObject = {}) {
  const answer = await bridge.ask(bridge.url, {
    method: "POST",
    headers: {
      ...withKey,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": MODERN_VERSION,
      "mcp-method": method,
      ...(typeof params.name === "string" ? { "mcp-name": params.name } : {}),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method,
      params: { ...params, _meta: envelope() },
    }),
  });
  const { result, error } = objectOf(parseJson(answer.text));
  return { result: objectOf(result), error: objectOf(error) };
}

describe("the holder of a key for one server", () => {
  let bridge: RestBridge;
  beforeAll(async () => {
    bridge = await startRest({
      http: { key: KEY },
      access: { keyScopes: ["seen:*"] },
      mcpServers: {
        seen: exotic,
        zulu: { ...exotic, comand: "a warning" },
        zulubroken: { command: "no-such-program" },
      },
    });
  }, 60_000);
  afterAll(() => bridge.stop());

  test.each([
    ["tools/list", "tools"],
    ["prompts/list", "prompts"],
    ["resources/list", "resources"],
    ["resources/templates/list", "resourceTemplates"],
  ])("gets of %s what that server offers", async (method, key) => {
    const { result } = await askMcp(bridge, method);
    expect(JSON.stringify(result[key])).toContain("seen");
    expect(JSON.stringify(result)).not.toContain("zulu");
  });

  test("is told at the beginning of that server alone", async () => {
    const { result } = await askMcp(bridge, "server/discover");
    expect(result.instructions).toContain("- seen: ");
    expect(result.instructions).not.toContain("zulu");
  });

  test("finds the bridge's own tools where it may use them", async () => {
    const names = namesOf((await askMcp(bridge, "tools/list")).result.tools);
    expect(names).toEqual(
      expect.arrayContaining(["bridge__find_tools", "bridge__history", "seen__image"]),
    );
    for (const name of ["cache_clear", "cache_toggle", "review_resolve"]) {
      expect(names).not.toContain(`bridge__${name}`);
    }
  });

  test.each([
    "discover",
    "tools",
    "tools?query=image",
    "tools/find?query=image",
    "servers",
    "ps",
    "health",
  ])("is told by GET %s of nothing else", async (path) => {
    const { status, text } = await bridge.get(path, withKey);
    expect([status, text]).toEqual([200, expect.not.stringContaining("zulu")]);
    if (path !== "ps" && path !== "health") expect(text).toContain("seen");
  });

  test("is refused the description of another tool, and no name is suggested to it", async () => {
    const described = await bridge.get("tools/zulu__image", withKey);
    expect([described.status, objectOf(described.body.error).details]).toEqual([
      403,
      expect.objectContaining({ scope: "zulu:image:write" }),
    ]);
    expect(described.text).not.toContain("inputSchema");
    expect((await bridge.get("discover?tool=zulu.image", withKey)).status).toBe(403);
    const near = await bridge.get("tools/zulu__imag", withKey);
    expect(near.status).toBe(404);
    expect(near.text).not.toContain("zulu__image");
    const { error } = await askMcp(bridge, "tools/call", { name: "zulu__imag" });
    expect(error.message).toMatch(/Unknown tool/);
    expect(error.message).not.toContain("zulu__image");
    const own = await askMcp(bridge, "tools/call", { name: "seen__imag" });
    expect(own.error.message).toContain("Did you mean seen__image?");
  });

  test("who administers sees everything, as before", async () => {
    const names = async (headers: Record<string, string>) =>
      namesOf(objectOf((await bridge.get("discover", headers)).body.data).tools);
    const admin = readFileSync(`${bridge.home}/admin.key`, "utf8").trim();
    const all = await names({ authorization: `Bearer ${admin}` });
    expect(all).toEqual(expect.arrayContaining(["zulu__image", "bridge__cache_clear"]));
    expect((await names(withKey)).length).toBeLessThan(all.length);
  });
});

describe("callers of this machine", () => {
  const entriesOf = (peer: Peer) =>
    peer.notifications.filter(({ method }) => method.endsWith("tools/list_changed")).length;

  test("see everything until there are rules for them, and are told when rules come", async () => {
    const place = createPlace();
    const mcpServers = { one: entry(place, "one"), two: entry(place, "two") };
    place.configure({ mcpServers });
    const { peer } = await serveStdio(place, "legacy");
    const all = await listNames(peer);
    expect(all).toEqual(expect.arrayContaining(["one__write", "two__write"]));
    const before = entriesOf(peer);
    place.configure({ mcpServers, access: { localScopes: ["two:*:read"] } });
    await until("the client is told", () => entriesOf(peer) > before);
    expect(await listNames(peer)).toEqual(["two__echo", "two__read"]);
    place.configure({ mcpServers });
    await until(
      "it sees all of it again",
      async () => (await listNames(peer)).length === all.length,
    );
  });

  test("see what a policy document lets them call", async () => {
    const allow = { effect: "allow", actions: ["tool:call"], resources: ["one:*", "two:echo"] };
    const deny = {
      effect: "deny",
      actions: ["*"],
      resources: ["*"],
      conditions: { attributes: { access: "write" } },
    };
    const { bridge } = await startCore({
      access: { policies: [{ id: "p", statements: [allow, deny] }] },
    });
    const { tools } = await bridge.instance.request("tools/list", {}, contextOf({}));
    expect(namesOf(tools)).toEqual(["one__echo", "one__read", "two__echo"]);
  });
});

const seed = seedOf(process.env);
const ROUNDS = Number(process.env.ROUNDS ?? 30);

test(`what is listed may be called, and what is not is refused (SEED=${seed})`, async () => {
  const random = createRandom(seed);
  const { bridge, call, ask } = await startCore({ catalog: { tools: { own: "listed" } } });
  const everything = namesOf(
    (await bridge.instance.request("tools/list", {}, contextOf({}))).tools,
  );
  const parts = {
    server: ["one", "two", "t*", "*", "bridge", "none"],
    tool: ["*", "echo", "*e", "write", "cache_*", "cache_clear", "resources/read"],
    access: ["", "", ":read", ":write"],
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const count = Math.floor(random() * 3);
    const scopes = Array.from(
      { length: count },
      () =>
        `${pick(parts.server, random)}:${pick(parts.tool, random)}${pick(parts.access, random)}`,
    );
    const who = keyOf(`key:${round}`, scopes);
    const listed = namesOf((await bridge.instance.request("tools/list", {}, contextOf(who))).tools);
    const found = namesOf((await ask("discover", {}, who)).tools);
    expect(new Set(found), `scopes ${scopes}`).toEqual(new Set(listed));
    for (const name of everything) {
      const refused = await isRefused(() => call(name, {}, who));
      expect([name, refused], `scopes ${scopes}`).toEqual([name, !listed.includes(name)]);
    }
  }
});

/** Was the call refused for want of a right? A tool may refuse in its own words. */
async function isRefused(call: () => Promise<JsonObject>): Promise<boolean> {
  try {
    const { isError, _meta: meta } = await call();
    return isError === true && objectOf(objectOf(meta)["trestle/error"]).code === "denied";
  } catch (error) {
    if (isTrestleError(error)) return error.code === "denied";
    throw error;
  }
}

function contextOf(who: object) {
  return {
    principal: { id: "local", kind: "local" } as const,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} } as const,
    ...who,
  };
}
