import { describe, expect, test } from "vitest";
import type { ServerConfig } from "../../config/servers.ts";
import { withinBounds } from "./bounds.ts";
import { patchForTool, withPatches } from "./patch.ts";
import { applyPatches, asConfig, entryNameOf, keyOf } from "./patch-file.ts";
import { adviseUnused } from "./unused.ts";

function serverOf(entry: object): ServerConfig {
  const whole = { command: "node", ...entry };
  return { id: "git", aliases: [], commands: [], kind: "stdio", entry: whole } as ServerConfig;
}

const ttl = { part: "cache", field: "ttlMs", to: 60_000 } as const;

describe("a change of what is said of a tool", () => {
  test("goes into a file whose other characters stay", () => {
    const text = `{
  // Ours.
  "mcpServers": {
    "Git": { "command": "node" } // here
  }
}
`;
    const patch = patchForTool(serverOf({}), "log", ttl);
    const after = applyPatches(text, [{ entry: "Git", patch }], "f");
    expect(after).toContain("// Ours.");
    expect(after).toContain("// here");
    expect(JSON.parse(after.replaceAll(/\/\/.*/g, ""))).toEqual({
      mcpServers: {
        Git: { command: "node", policy: { tools: { log: { cache: { ttlMs: 60_000 } } } } },
      },
    });
    expect(keyOf("Git", patch)).toBe("mcpServers.Git.policy.tools.log.cache");
    expect(entryNameOf("git", { mcpServers: { other: {}, Git: {} } })).toBe("Git");
    expect(entryNameOf("git", { mcpServers: {} })).toBeUndefined();
  });

  test("keeps what a pattern says of the tool, and what the tool has besides", () => {
    const server = serverOf({
      policy: { tools: { "l*": { timeout: { attemptMs: 5 }, cache: { staleOnErrorMs: 9 } } } },
    });
    const cache = patchForTool(server, "log", ttl);
    const retry = patchForTool(server, "log", { part: "retry", field: "retries", to: 0 });
    const expected = {
      timeout: { attemptMs: 5 },
      cache: { staleOnErrorMs: 9, ttlMs: 60_000 },
      retry: { retries: 0 },
    };
    const text = JSON.stringify({ mcpServers: { git: server.entry } });
    const patches = [cache, retry].map((patch) => ({ entry: "git", patch }));
    const after = JSON.parse(applyPatches(text, patches, "f"));
    expect(after.mcpServers.git.policy.tools.log).toEqual(expected);
    expect(after.mcpServers.git.policy.tools["l*"]).toEqual(server.entry.policy?.tools?.["l*"]);
    // And so it is for a bridge that goes by it without writing it.
    const live = withPatches(server.entry, [cache, retry]);
    expect(live.policy?.tools?.log).toEqual(expected);
    expect(server.entry.policy?.tools?.log).toBeUndefined();
    expect(asConfig("git", cache)).toMatchObject({
      mcpServers: { git: { policy: { tools: { log: { timeout: { attemptMs: 5 } } } } } },
    });
  });

  test("of a word in the place of an object replaces it", () => {
    const server = serverOf({ policy: { tools: { log: { cache: true } } } });
    const patch = patchForTool(server, "log", ttl);
    expect(withPatches(server.entry, [patch]).policy?.tools?.log).toEqual({
      cache: { ttlMs: 60_000 },
    });
  });
});

describe("what a bridge may do by itself", () => {
  test.each([
    ["ttl", 86_400_000, 300_000, 1_200_000],
    ["ttl", 86_400_000, 3_000_000, 3_600_000],
    ["ttl", 1_000, 60_000, 15_000],
    ["ttl", 60_000, undefined, undefined],
    ["retries", 9, 3, 5],
    ["retries", 0, 3, 0],
    ["timeout", 1_000, 30_000, 7_500],
    ["timeout", 500, 2_000, 1_000],
    ["timeout", 600_000, 30_000, 60_000],
    ["concurrency", 1, 64, 32],
    ["concurrency", 500, 200, 256],
    ["concurrency", 64, 64, undefined],
  ] as const)("%s: %d where %s is configured gives %s", (kind, to, configured, bounded) => {
    expect(withinBounds({ kind, to }, configured)).toBe(bounded);
  });
});

describe("tools that nobody uses", () => {
  const listed = [
    { name: "log", tokens: 100 },
    { name: "blame", tokens: 700 },
    { name: "push", tokens: 300 },
  ];

  test("are left out, the dearest first, besides those that are", () => {
    const server = serverOf({ tools: { deny: ["old"] } });
    expect(adviseUnused({ server, listed, used: new Set(["log"]) })).toEqual({
      ...{ server: "git", tokens: 1_000, isAll: false },
      tools: [listed[1], listed[2]],
      patch: { section: ["tools"], name: "deny", value: ["old", "blame", "push"] },
    });
  });

  test("are switched off with their server where it has no others, and left alone where they are used", () => {
    const server = serverOf({});
    const all = adviseUnused({ server, listed, used: new Set() });
    expect(all?.patch).toEqual({ section: [], name: "disabled", value: true });
    const used = new Set(listed.map(({ name }) => name));
    expect(adviseUnused({ server, listed, used })).toBeUndefined();
    expect(adviseUnused({ server, listed: [], used: new Set() })).toBeUndefined();
  });
});
