import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  canInstall,
  type Installed,
  nodes,
  outcomeOf,
  published,
  useInstalled,
} from "./_installed.ts";
import { type LineClient, startLineClient } from "./_line-client.ts";
import { findNode } from "./_packages.ts";
import { isCheckout, readTracked, trackedFiles } from "./_sources.ts";
import { leastNode } from "./_workspace.ts";

const programs = published.flatMap(({ name, manifest }) =>
  Object.keys(manifest.bin ?? {}).map((bin) => ({ name, bin })),
);

test.skipIf(!isCheckout).each(programs)(
  "$bin is held to its contract as it is installed",
  ({ bin }) => {
    const suites = trackedFiles("test/packed-*.test.ts").map(readTracked);
    expect(suites.filter((text) => text.includes(`bin("${bin}")`))).not.toEqual([]);
  },
);

describe.skipIf(!canInstall)("what we publish, installed by npm in an empty folder", () => {
  const installed = useInstalled();

  test.each(programs)(
    "$bin says one sentence on Node 20 and fails",
    async ({ name, bin }) => {
      const node = await findNode("20");
      const { code, stdout, stderr } = await outcomeOf(node, [installed.bin(bin)]);
      expect(code).toBeGreaterThan(0);
      expect(stdout).toBe("");
      expect(stderr.trim()).toMatch(/^[A-Z][^\n]*\.$/);
      expect(stderr).toContain(` ${leastNode(name)} `);
    },
    120_000,
  );

  test.each(published)("$name carries every worker that it starts", ({ name }) => {
    const dist = join(installed.folder, "node_modules", name, "dist");
    const files = readdirSync(dist);
    const started = files
      .filter((file) => file.endsWith(".js"))
      .flatMap(
        // Written as ours are; libraries that travel inside name workers of their own, which nobody starts.
        (file) =>
          readFileSync(join(dist, file), "utf8").match(/(?<="\.\/)[\w-]+-worker\.js(?=")/g) ?? [],
      );
    expect(files).toEqual(expect.arrayContaining(started));
  });

  test("the bridge carries its dashboard, and none of what that is made of", () => {
    const modules = join(installed.folder, "node_modules");
    const files = readdirSync(join(modules, "@trestle-mcp/bridge/dist/dashboard"), {
      recursive: true,
    });
    expect(files).toEqual(
      expect.arrayContaining(["index.html", expect.stringMatching(/^assets.index-.*\.js\.br$/)]),
    );
    expect(readdirSync(modules)).not.toContain("react");
  });

  describe.each([nodes.oldest, nodes.current])("on Node %s", (version) => {
    let bridge: LineClient;

    beforeAll(async () => {
      const home = mkdtempSync(join(installed.scratch, "home-"));
      writeFileSync(
        join(home, "trestle.json"),
        JSON.stringify({ mcpServers: mounted, http: { port: 0 } }),
      );
      bridge = await startLineClient(
        [installed.node(version), ...wasmFlags, installed.bin("trestle"), "serve", "--stdio"],
        {
          cwd: home,
          env: { PATH: process.env.PATH, HOME: home, TRESTLE_HOME: join(home, "data") },
        },
      );
    }, 120_000);
    afterAll(async () => {
      expect(await bridge.close()).toBe(0);
    });

    test("the bridge mounts the database and calls its tools", async () => {
      const query = { name: "database__run_sql", arguments: { sql: "select 6 * 7 as answer" } };
      const result = await bridge.request("tools/call", query);
      expect(result.isError).not.toBe(true);
      expect(JSON.stringify(result.structuredContent)).toContain("42");
    });

    test("the bridge mounts the knowledge, which keeps what it is told", async () => {
      const error = { name: "TimeoutError", message: "pool timed out" };
      const told = { name: "knowledge__store_diagnosis", arguments: { error, fix: "Raise it" } };
      const stored = await bridge.request("tools/call", told);
      expect(stored).toMatchObject({ structuredContent: { status: "stored" } });
      const query = { name: "knowledge__search_knowledge", arguments: { query: "pool" } };
      const found = await bridge.request("tools/call", query);
      expect(JSON.stringify(found.structuredContent)).toContain("Raise it");
    });

    test("a typed error crosses the seam with its code, from whichever copy of the class", async () => {
      const refused = { name: "database__run_sql", arguments: { sql: "drop table x" } };
      const denied = await bridge.request("tools/call", refused);
      expect(denied).toMatchObject({
        isError: true,
        _meta: { "trestle/error": { code: "denied" } },
      });
      const foreign = await bridge.request("tools/call", { name: "probe__fail_typed" });
      expect(foreign).toMatchObject({
        isError: true,
        _meta: { "trestle/error": { code: "conflict", details: { seen: "probe" } } },
      });
    });

    test("the principal of the caller crosses the seam", async () => {
      const result = await bridge.request("tools/call", { name: "probe__tell_principal" });
      expect(result.structuredContent).toEqual({ id: "local", kind: "local" });
      const overHttp = await tellPrincipalOverHttp(installed, version);
      expect(overHttp).toEqual({ id: expect.stringMatching(/^key:/), kind: "key" });
    });
  });
});

/** Ours by its short name, a stranger's by the name of its package. */
const mounted = {
  database: { embedded: "database" },
  knowledge: { embedded: "knowledge" },
  probe: { embedded: "probe" },
};

/** Serves the probe behind a key, and asks it as the bearer of that key. */
async function tellPrincipalOverHttp({ scratch, node, bin }: Installed, version: string) {
  const home = mkdtempSync(join(scratch, "home-"));
  const key = "a-key-for-this-test-only";
  const config = { mcpServers: { probe: mounted.probe }, http: { port: 0, key } };
  writeFileSync(join(home, "trestle.json"), JSON.stringify(config));
  const child = spawn(node(version), [bin("trestle"), "serve"], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TRESTLE_HOME: join(home, "data") },
  });
  try {
    const address = await firstMatch(child, /http:\/\/127\.0\.0\.1:\d+\/mcp/);
    const answer = await fetch(address, modernCall("probe__tell_principal", key));
    const message = (await answer.json()) as { result?: { structuredContent?: unknown } };
    return message.result?.structuredContent;
  } finally {
    child.kill("SIGTERM");
    await once(child, "close");
  }
}

/** A whole request of the modern era. */
function modernCall(name: string, key: string): RequestInit {
  const version = "2026-07-28";
  const prefix = "io.modelcontextprotocol";
  const envelope = { [`${prefix}/protocolVersion`]: version, [`${prefix}/clientCapabilities`]: {} };
  const params = { name, arguments: {}, _meta: envelope };
  return {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": version,
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  };
}

/** The first match in what a process prints; its death is an error that shows all of it. */
function firstMatch(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    const read = (chunk: Buffer) => {
      printed += chunk.toString("utf8");
      const match = pattern.exec(printed);
      if (match) resolve(match[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("close", () => reject(new Error(`It ended without serving:\n${printed}`)));
  });
}
