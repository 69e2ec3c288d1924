import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeServer } from "@trestle/testkit";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LineClient, startLineClient } from "./_line-client.ts";
import { findNode, installInto, packAll, registryAnswers } from "./_packages.ts";
import { root } from "./_sources.ts";
import { readMembers } from "./_workspace.ts";

const published = readMembers().filter((member) => member.isPublished);
const programs = published.flatMap(({ name, manifest }) =>
  Object.keys(manifest.bin ?? {}).map((bin) => ({ name, bin })),
);

const canInstall = await registryAnswers();
if (!canInstall) {
  const loss = "No package registry answers: what we publish is not tested as it is installed.";
  if (process.env.CI) throw new Error(loss);
  process.stderr.write(`\n${loss}\n\n`);
}

describe.skipIf(!canInstall)("what we publish, installed by npm in an empty folder", () => {
  let folder: string;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-packed-")));
    await installAll(folder);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(programs)(
    "$bin says one sentence on Node 20 and fails",
    async ({ bin }) => {
      const node = await findNode("20");
      const { code, stdout, stderr } = await outcomeOf(node, [binPath(folder, bin)]);
      expect(code).toBeGreaterThan(0);
      expect(stdout).toBe("");
      expect(stderr.trim()).toMatch(/^[A-Z][^\n]*\b22\.13\b[^\n]*\.$/);
    },
    120_000,
  );

  test.each(published)("$name carries every worker that it starts", ({ name }) => {
    const dist = join(folder, "node_modules", name, "dist");
    const files = readdirSync(dist);
    const started = files
      .filter((file) => file.endsWith(".js"))
      .flatMap(
        (file) => readFileSync(join(dist, file), "utf8").match(/[\w-]+-worker\.js(?=")/g) ?? [],
      );
    expect(files).toEqual(expect.arrayContaining(started));
  });

  describe.each(["22.13.0", "24"])("on Node %s", (version) => {
    let node: string;
    let bridge: LineClient;

    beforeAll(async () => {
      node = await findNode(version);
      const home = mkdtempSync(join(folder, "home-"));
      writeFileSync(
        join(home, "trestle.json"),
        JSON.stringify({ mcpServers: mounted, http: { port: 0 } }),
      );
      bridge = await startLineClient([node, binPath(folder, "trestle"), "serve", "--stdio"], {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, TRESTLE_HOME: join(home, "data") },
      });
    }, 120_000);
    afterAll(async () => {
      await bridge.close();
    });

    test("the bridge mounts the database and calls its tools", async () => {
      const query = { name: "database__run_sql", arguments: { sql: "select 6 * 7 as answer" } };
      const result = await bridge.request("tools/call", query);
      expect(result.isError).not.toBe(true);
      expect(JSON.stringify(result.structuredContent)).toContain("42");
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
      const overHttp = await tellPrincipalOverHttp([node, binPath(folder, "trestle")], folder);
      expect(overHttp).toEqual({ id: expect.stringMatching(/^key:/), kind: "key" });
    });

    beforeAll(async () => {
      const args = ["--input-type=module", "--eval", makeNote, join(folder, "data")];
      const made = await outcomeOf(node, args, folder);
      expect(made).toMatchObject({ code: 0 });
    }, 60_000);

    describeServer("the installed database", {
      get spawn() {
        // One data folder for all, because making one takes seconds; that it is made is seen above.
        const env = { DATABASE_DATA_DIR: join(folder, "data"), DATABASE_MODE: "read-write" };
        return { command: node, args: [...wasmFlags, binPath(folder, "trestle-database")], env };
      },
      sampleCalls: {
        ...databaseCalls,
      },
    });

    describeServer("the installed bridge", {
      get spawn() {
        const env = { DATABASE_DATA_DIR: join(folder, "data"), DATABASE_MODE: "read-write" };
        const args = [
          ...wasmFlags,
          binPath(folder, "trestle"),
          "serve",
          "--stdio",
          "--config",
          onlyServers(folder),
        ];
        return { command: node, args, env };
      },
      isOwnProgram: true,
      sampleCalls: {
        ...Object.fromEntries(
          Object.entries(databaseCalls).map(([name, args]) => [`database__${name}`, args]),
        ),
      },
    });
  });
});

/** Ours by its short name, a stranger's by the name of its package. */
/** A call of every tool that is listed; `note` is made by a program with the installed package. */
const databaseCalls = {
  run_sql: { sql: "select 6 * 7 as answer" },
  run_transaction: { statements: ["select 1", "select 2"] },
  explain_query: { sql: "select * from note" },
  list_tables: {},
  describe_table: { schema: "pg_catalog", table: "pg_class" },
  search_objects: { query: "note" },
  select_rows: { table: "note" },
  insert_rows: { table: "note", rows: [{ n: 2 }] },
  update_rows: { table: "note", set: { n: 3 }, where: { n: 2 } },
};
const makeNote = `import { openEmbedded } from "@trestle-mcp/database";
const database = openEmbedded({ dataDir: process.argv[1] });
await database.script("CREATE TABLE IF NOT EXISTS note (n int)");
await database.close();`;

const mounted = { database: { embedded: "database" }, probe: { embedded: "probe" } };

/** The contract is about the tools of the servers that the bridge brings, so its own are not listed. */
function onlyServers(folder: string): string {
  const file = join(folder, "only-servers.json");
  const config = {
    mcpServers: { database: mounted.database },
    catalog: { tools: { own: "hidden" } },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Each package alone, for its weight; then all of them and a stranger's server side by side. */
async function installAll(folder: string): Promise<void> {
  const packs = join(folder, "packs");
  mkdirSync(packs);
  const tarballs = await packAll(packs);
  const weights: string[] = [];
  for (const { name } of published) {
    const alone = name.endsWith("/bridge") ? folder : mkdtempSync(join(folder, "alone-"));
    const needed = [name, ...neededBy(name)].flatMap((each) => tarballs.get(each) ?? []);
    const { seconds, megabytes, packages } = await installInto(alone, needed);
    weights.push(
      `${name}: ${megabytes.toFixed(1)} MB, ${packages} packages, ${seconds.toFixed(1)} s to install`,
    );
  }
  cpSync(join(root, "test/fixtures/probe"), join(folder, "node_modules/probe"), {
    recursive: true,
  });
  process.stderr.write(`\n${weights.join("\n")}\n`);
}

/** The published packages that one of them depends on, however far. */
function neededBy(name: string): string[] {
  const member = published.find((each) => each.name === name);
  const direct = published
    .map((each) => each.name)
    .filter((each) => each in (member?.manifest.dependencies ?? {}));
  return [...new Set([...direct, ...direct.flatMap(neededBy)])];
}

function binPath(folder: string, bin: string): string {
  return join(folder, "node_modules", ".bin", bin);
}

/** Serves the probe behind a key, and asks it as the bearer of that key. */
async function tellPrincipalOverHttp(trestle: readonly [string, string], folder: string) {
  const home = mkdtempSync(join(folder, "home-"));
  const key = "a-key-for-this-test-only";
  const config = { mcpServers: { probe: mounted.probe }, http: { port: 0, key } };
  writeFileSync(join(home, "trestle.json"), JSON.stringify(config));
  const [node, bin] = trestle;
  const child = spawn(node, [bin, "serve"], {
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

function outcomeOf(
  file: string,
  args: readonly string[],
  cwd?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 20_000, ...(cwd && { cwd }) }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
        stdout,
        stderr,
      }),
    );
  });
}
