import { canonicalJson, type JsonObject, messageOf, parseJson } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RELAYED } from "../src/relayed.ts";
import { type RunningBridge, startBridge, stdioBridge } from "./_bridge.ts";
import { type AnyClient, type Ask, CLIENT_KINDS, connectClient, type Reach } from "./_clients.ts";
import { comparable, ownItems, sortedItems, timeless, withoutPast } from "./_equality.ts";
import { type RealServers, startRealServers } from "./_equality-servers.ts";
import { until } from "./_processes.ts";
import { connectRaw, type RawClient } from "./_raw-client.ts";

const everythingCalls: [string, JsonObject][] = [
  ["echo", { message: "größe 😀" }],
  ["echo", { message: 5 }],
  ["get-annotated-message", { messageType: "error", includeImage: true }],
  ["get-annotated-message", { messageType: "debug" }],
  ["get-resource-links", { count: 3 }],
  ["get-resource-reference", { resourceType: "Text", resourceId: 1 }],
  ["get-resource-reference", { resourceType: "Blob", resourceId: 2 }],
  ["get-structured-content", { location: "Chicago" }],
  ["get-structured-content", { location: "Atlantis" }],
  ["get-sum", { a: 0.1, b: 0.2 }],
  ["get-tiny-image", {}],
];

function callsOf(files: string): Record<string, [string, JsonObject][]> {
  return {
    everything: everythingCalls,
    remote: everythingCalls,
    filesystem: [
      ["list_allowed_directories", {}],
      ["directory_tree", { path: files }],
      ["read_text_file", { path: `${files}/a.txt` }],
      ["read_media_file", { path: `${files}/deep/dot.png` }],
      ["read_text_file", { path: "/etc/hostname" }],
      ["read_text_file", { path: `${files}/missing.txt` }],
      ["search_files", { path: files, pattern: "**/*.png" }],
      ["read_text_file", {}],
    ],
    database: [
      ["list_tables", {}],
      [
        "run_sql",
        { sql: "select 1 as z, 'größe' as a, 9007199254740993::bigint as big, null as n" },
      ],
      ["run_sql", { sql: "select json_build_object('z', 1, 'a', 2) as j" }],
      ["run_sql", { sql: "delete from pg_class" }],
      ["run_sql", { sql: "select nonsense" }],
      ["describe_table", { table: "missing" }],
      ["run_sql", {}],
    ],
  };
}

let servers: RealServers;
let http: RunningBridge;
let stdio: ReturnType<typeof stdioBridge>;
const direct: Record<string, AnyClient>[] = [];

beforeAll(async () => {
  servers = await startRealServers();
  const { config, env } = servers;
  http = await startBridge({ config, env, home: servers.makeHome() });
  stdio = stdioBridge({ config, env, home: servers.makeHome() });
});
afterAll(async () => {
  await Promise.all(direct.flatMap(Object.values).map((client) => client.close()));
  await http?.stop();
  stdio?.remove();
  await servers?.close();
});

describe.each(CLIENT_KINDS)("a client of kind %s", (kind) => {
  const clients: Record<string, AnyClient> = {};
  beforeAll(async () => {
    // They declare what the bridge does: some servers offer more to clients that can be asked.
    // All stay until the end: an embedded database is opened once, and the later clients join it.
    direct.push(clients);
    await Promise.all(
      Object.entries(servers.direct).map(async ([name, reach]) => {
        clients[name] = await connectClient(kind, reach, RELAYED);
      }),
    );
  });

  describe.each(["http", "stdio"] as const)("over %s", (transport) => {
    let bridge: AnyClient;
    beforeAll(async () => {
      const reach: Reach = transport === "http" ? { url: http.url } : stdio;
      bridge = await connectClient(kind, reach);
      await bridge.ask("listTools");
    });
    afterAll(() => bridge?.close());

    test.each(["database", "everything", "remote", "filesystem"])(
      "sees the tools, prompts and resources of %s as if it were connected to it",
      async (server) => {
        for (const [method, key] of LISTS) {
          const own = await outcome(clients[server] as AnyClient, method);
          const all = (await outcome(bridge, method)) as JsonObject;
          const items = ((own as JsonObject)[key] ?? []) as JsonObject[];
          const seen = ownItems(all, key, server);
          const expected = sortedItems(items, key, server);
          if (kind === "v2" && server !== "database") expect(eraless(seen)).toBe(eraless(expected));
          else expect(seen).toBe(expected);
        }
      },
    );

    test.each(["database", "everything", "remote", "filesystem"])(
      "gets from the tools of %s what it would get directly",
      async (server) => {
        for (const [name, args] of callsOf(servers.files)[server] ?? []) {
          const own = await outcome(clients[server] as AnyClient, "callTool", {
            name,
            arguments: args,
          });
          const through = await outcome(bridge, "callTool", {
            name: `${server}__${name}`,
            arguments: args,
          });
          expect(plain(through, server), name).toBe(plain(own, server));
        }
      },
      // An embedded database that is asked first wakes an engine of its own.
      90_000,
    );

    test.each(["everything", "remote"])(
      "gets from the prompts, resources and completions of %s what it would get directly",
      async (server) => {
        const pairs: [Ask, JsonObject, JsonObject][] = asksOf(server);
        for (const [method, ownParams, params] of pairs) {
          const own = await outcome(clients[server] as AnyClient, method, ownParams);
          const through = await outcome(bridge, method, params);
          expect(plain(through, server), method).toBe(plain(own, server));
        }
      },
    );

    test("hears of progress and has its cancellation carried on", async () => {
      const seen: JsonObject[] = [];
      const name = "everything__trigger-long-running-operation";
      await bridge.ask(
        "callTool",
        { name, arguments: { duration: 0.3, steps: 3 } },
        { onprogress: (progress) => seen.push(progress) },
      );
      // The SDKs' clients lose what stands right before the answer.
      expect(seen.slice(0, 2)).toEqual([1, 2].map((progress) => ({ progress, total: 3 })));
      const controller = new AbortController();
      const call = bridge.ask(
        "callTool",
        { name, arguments: { duration: 60, steps: 600 } },
        { onprogress: () => controller.abort(), signal: controller.signal },
      );
      await expect(call).rejects.toThrow();
      if (transport === "http")
        await until("the bridge has given it up", async () => (await runningOf(http)) === 0);
    });
  });
});

/** Ours is listed by the same code, whichever way. */
const ON_THE_WIRE = ["everything", "remote", "filesystem"];

describe("on the wire", () => {
  /** What each server lists to whoever is connected to it, by server and key. */
  const own: Record<string, Lists> = {};
  beforeAll(async () => {
    for (const server of ON_THE_WIRE) {
      const client = await connectRaw("legacy", servers.direct[server] as Reach, RELAYED);
      own[server] = await listsOf(client);
      await client.close();
    }
  });

  describe.each([
    ["modern", "http"],
    ["legacy", "http"],
    ["modern", "stdio"],
    ["legacy", "stdio"],
  ] as const)("of the %s era over %s", (era, transport) => {
    let all: Lists;
    beforeAll(async () => {
      const bridge = await connectRaw(era, transport === "http" ? { url: http.url } : stdio);
      all = await listsOf(bridge);
      await bridge.close();
    });

    test.each(ON_THE_WIRE)("%s is listed with every key in its place", (server) => {
      for (const [, key] of LISTS) {
        const expected = sortedItems(own[server]?.[key] ?? [], key, server);
        expect(ownItems(all as JsonObject, key, server)).toBe(
          era === "modern" ? withoutPast(expected) : expected,
        );
      }
    });
  });
});

const LISTS = [
  ["listTools", "tools", "tools/list"],
  ["listPrompts", "prompts", "prompts/list"],
  ["listResources", "resources", "resources/list"],
  ["listResourceTemplates", "resourceTemplates", "resources/templates/list"],
] as const;

/** The items of each list, as they stood on the wire; a list that is refused is missing. */
type Lists = Record<string, JsonObject[] | undefined>;

async function listsOf(client: RawClient): Promise<Lists> {
  const lists: Lists = {};
  for (const [, key, method] of LISTS) {
    const { result } = parseJson(await client.request(method)) as { result?: JsonObject };
    lists[key] = result?.[key] as JsonObject[] | undefined;
  }
  return lists;
}

function asksOf(server: string): [Ask, JsonObject, JsonObject][] {
  const text = "demo://resource/dynamic/text/1";
  const template = "demo://resource/dynamic/text/{resourceId}";
  const prompt = (name: string, args?: JsonObject): [Ask, JsonObject, JsonObject] => [
    "getPrompt",
    { name, ...(args && { arguments: args }) },
    { name: `${server}__${name}`, ...(args && { arguments: args }) },
  ];
  const argument = { name: "department", value: "S" };
  return [
    prompt("simple-prompt"),
    prompt("args-prompt", { city: "Ulm" }),
    prompt("args-prompt"),
    prompt("resource-prompt", { resourceType: "Text", resourceId: "1" }),
    ["readResource", { uri: text }, { uri: `${server}+${text}` }],
    ["readResource", { uri: "demo://missing" }, { uri: `${server}+demo://missing` }],
    [
      "complete",
      { ref: { type: "ref/prompt", name: "completable-prompt" }, argument },
      { ref: { type: "ref/prompt", name: `${server}__completable-prompt` }, argument },
    ],
    [
      "complete",
      {
        ref: { type: "ref/resource", uri: template },
        argument: { name: "resourceId", value: "1" },
      },
      {
        ref: { type: "ref/resource", uri: `${server}+${template}` },
        argument: { name: "resourceId", value: "1" },
      },
    ],
  ];
}

/** The calls that run in a bridge now. */
async function runningOf({ url }: RunningBridge): Promise<number> {
  const answer = await fetch(url.replace(/\/mcp$/, "/api/mcp/health"));
  const { data } = (await answer.json()) as { data: { servers: { running: number }[] } };
  return data.servers.reduce((sum, { running }) => sum + running, 0);
}

type Outcome = JsonObject | { failed: string };

async function outcome(client: AnyClient, method: Ask, params?: JsonObject): Promise<Outcome> {
  try {
    return await client.ask(method, params);
  } catch (error) {
    return { failed: `${(error as { code?: unknown }).code} ${messageOf(error)}` };
  }
}

function plain(result: Outcome, server: string): string {
  return timeless(comparable(result as JsonObject, server));
}

/**
 * The current client speaks the present era with the bridge and that of the past with the server, and gives
 * keys another order there. The wire itself is compared above.
 */
function eraless(list: string): string {
  return canonicalJson(JSON.parse(withoutPast(list)));
}
