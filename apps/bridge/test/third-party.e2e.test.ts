import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RELAYED } from "../src/relayed.ts";
import { type RunningBridge, startBridge, temporaryFolder } from "./_bridge.ts";
import { type AnyClient, connectClient } from "./_clients.ts";
import { comparable, ownItems, sortedItems } from "./_equality.ts";

// Other people's servers as npm has them, from the first SDK to the second generation of it. None of
// them is told of the bridge, and none of these calls leaves this machine.

const home = temporaryFolder("trestle-third-party");
const installed = fileURLToPath(
  new URL("../../../examples/third-party/node_modules", import.meta.url),
);

function program(name: string, file: string, ...args: string[]) {
  return { command: process.execPath, args: [join(installed, name, file), ...args] };
}

function official(name: string) {
  return program(`@modelcontextprotocol/server-${name}`, "dist/index.js");
}

const servers = {
  github: { ...official("github"), env: { GITHUB_PERSONAL_ACCESS_TOKEN: "ghp_none" } },
  memory: { ...official("memory"), env: { MEMORY_FILE_PATH: join(home, "memory.jsonl") } },
  thinking: official("sequential-thinking"),
  playwright: program(
    "@playwright/mcp",
    "cli.js",
    "--headless",
    "--isolated",
    `--executable-path=${home}/no-browser`,
  ),
  supabase: program(
    "@supabase/mcp-server-supabase",
    "dist/cli.js",
    "--access-token=sbp_0000000000000000000000000000000000000000",
    "--read-only",
    // The documentation is fetched when it is listed.
    "--features=account,database,debugging",
  ),
};

/** What may be called without a network: work, mistakes, and what the server itself refuses. */
const calls: Readonly<Record<keyof typeof servers, [string, JsonObject][]>> = {
  github: [["create_issue", { owner: "nobody" }]],
  memory: [
    ["add_observations", { observations: [{ entityName: "nobody", contents: ["x"] }] }],
    ["read_graph", {}],
    ["create_entities", { entities: "none" }],
  ],
  thinking: [
    [
      "sequentialthinking",
      { thought: "größe 😀", nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
    ],
    ["sequentialthinking", { thought: 5 }],
  ],
  playwright: [["browser_resize", { width: "wide" }]],
  supabase: [
    ["list_tables", { project_id: 5 }],
    ["get_project", { id: 5 }],
  ],
};

const names = Object.keys(servers) as (keyof typeof servers)[];
const direct = new Map<string, AnyClient>();
let bridge: RunningBridge;
let through: AnyClient;

beforeAll(async () => {
  const config = { catalog: { startWaitMs: 60_000 }, mcpServers: servers };
  bridge = await startBridge({ config });
  through = await connectClient("v1", { url: bridge.url }, RELAYED);
  await Promise.all(
    names.map(async (name) => {
      direct.set(name, await connectClient("v1", servers[name], RELAYED));
    }),
  );
}, 120_000);

afterAll(async () => {
  await Promise.all([through, ...direct.values()].map((client) => client?.close()));
  await bridge?.stop();
});

test.each(names)("%s works behind the bridge as it does alone", async (name) => {
  const own = direct.get(name) as AnyClient;
  const { tools } = await own.ask("listTools");
  expect((tools as JsonObject[]).length).toBeGreaterThan(0);
  const listed = await through.ask("listTools");
  expect(ownItems(listed, "tools", name)).toBe(sortedItems(tools as JsonObject[], "tools", name));
  for (const [tool, args] of calls[name]) {
    const expected = await outcome(own, tool, { args, server: name });
    const seen = await outcome(through, `${name}__${tool}`, { args, server: name });
    expect(seen, tool).toBe(expected);
  }
});

test("what memory is told through the bridge is kept by memory itself", async () => {
  const entities = [{ name: "Ada", entityType: "person", observations: ["writes programs"] }];
  await through.ask("callTool", { name: "memory__create_entities", arguments: { entities } });
  const graph = await outcome(direct.get("memory") as AnyClient, "read_graph", {
    args: {},
    server: "memory",
  });
  expect(graph).toContain("writes programs");
});

/** The result, or the error in its own words, less the name that the bridge gave the tool. */
async function outcome(
  client: AnyClient,
  name: string,
  { args, server }: { readonly args: JsonObject; readonly server: string },
): Promise<string> {
  try {
    return comparable(await client.ask("callTool", { name, arguments: args }), server);
  } catch (error) {
    const { code } = error as { readonly code?: number };
    return `error ${code}`;
  }
}
