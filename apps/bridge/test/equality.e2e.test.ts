import { canonicalJson, type JsonObject, messageOf, parseJson } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningBridge, startBridge, stdioBridge } from "./_bridge.ts";
import { type AnyClient, type Ask, CLIENT_KINDS, connectClient, type Reach } from "./_clients.ts";
import { comparable, ownItems, sortedItems, timeless, withoutPast } from "./_equality.ts";
import { type RealServers, startRealServers } from "./_equality-servers.ts";
import { connectRaw } from "./_raw-client.ts";

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

beforeAll(async () => {
  servers = await startRealServers();
  http = await startBridge({ config: servers.config });
  stdio = stdioBridge({ config: servers.config });
});
afterAll(async () => {
  await http?.stop();
  stdio?.remove();
  await servers?.close();
});

describe.each(CLIENT_KINDS)("a client of kind %s", (kind) => {
  const direct: Record<string, AnyClient> = {};
  beforeAll(async () => {
    for (const [name, reach] of Object.entries(servers.direct))
      direct[name] = await connectClient(kind, reach);
  });
  afterAll(() => Promise.all(Object.values(direct).map((client) => client.close())));

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
          const own = await outcome(direct[server] as AnyClient, method);
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
          const own = await outcome(direct[server] as AnyClient, "callTool", {
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
      // Each database that is asked first wakes an engine of its own.
      90_000,
    );

    test.each(["everything", "remote"])(
      "gets from the prompts, resources and completions of %s what it would get directly",
      async (server) => {
        const pairs: [Ask, JsonObject, JsonObject][] = asksOf(server);
        for (const [method, ownParams, params] of pairs) {
          const own = await outcome(direct[server] as AnyClient, method, ownParams);
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
    });
  });
});

describe.each([
  ["modern", "http"],
  ["legacy", "http"],
  ["modern", "stdio"],
  ["legacy", "stdio"],
] as const)("on the wire of the %s era over %s", (era, transport) => {
  test.each(["everything", "remote", "filesystem"])(
    "%s is listed with every key in its place",
    async (server) => {
      const direct = await connectRaw("legacy", servers.direct[server] as Reach);
      const bridge = await connectRaw(era, transport === "http" ? { url: http.url } : stdio);
      try {
        for (const [, key, method] of LISTS) {
          const own = (parseJson(await direct.request(method)) as { result?: JsonObject }).result;
          const all = (parseJson(await bridge.request(method)) as { result: JsonObject }).result;
          const items = (own?.[key] ?? []) as JsonObject[];
          const expected = sortedItems(items, key, server);
          expect(ownItems(all, key, server)).toBe(
            era === "modern" ? withoutPast(expected) : expected,
          );
        }
      } finally {
        await Promise.all([direct.close(), bridge.close()]);
      }
    },
  );
});

const LISTS = [
  ["listTools", "tools", "tools/list"],
  ["listPrompts", "prompts", "prompts/list"],
  ["listResources", "resources", "resources/list"],
  ["listResourceTemplates", "resourceTemplates", "resources/templates/list"],
] as const;

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
