import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { scratchForTests } from "@trestle/testkit/scratch-install";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./_sources.ts";

/**
 * The program by which people look at servers, in exactly this version. It weighs 110 MB, so that only
 * `pnpm chaos interop` installs it, beside the workspace. The SDKs' clients that it is made of are driven in every run.
 */
const INSPECTOR = "@modelcontextprotocol/inspector";
const inspector = process.env.ROUNDS
  ? await scratchForTests({ dependencies: { [INSPECTOR]: "2.12.0" } })
  : undefined;

interface Subject {
  /** What Node is started with, for stdio and for HTTP. */
  readonly stdio: readonly string[];
  readonly http: readonly string[];
  /** Where it says at which address it listens. */
  readonly says: RegExp;
}

const bridge = (file: string, ...how: readonly string[]) => [
  join(root, "apps/bridge/src/main.ts"),
  ...["--config", file, "serve", ...how],
];
const objects = join(root, "servers/objects/src/bin.ts");
const subjects = {
  "the bridge": {
    prefix: "objects__",
    at: (file: string): Subject => ({
      stdio: bridge(file, "--stdio"),
      http: bridge(file, "--port", "0"),
      says: /address\s+(\S+)/,
    }),
  },
  "a server": {
    prefix: "",
    at: (): Subject => ({
      stdio: [objects],
      http: [objects, "--http", "127.0.0.1:0"],
      says: /"url":"([^"]+)"/,
    }),
  },
};

describe.skipIf(inspector === undefined).each(Object.entries(subjects))(
  "the Inspector's command line, asking %s",
  (_name, { prefix, at }) => {
    let scratch: string;
    let servers: string;
    let listening: Awaited<ReturnType<typeof listen>>;

    beforeAll(async () => {
      scratch = realpathSync(mkdtempSync(join(tmpdir(), "trestle-interop-")));
      servers = join(scratch, "servers.json");
      const own = join(scratch, "trestle.json");
      const subject = at(own);
      writeFileSync(own, JSON.stringify({ mcpServers: { objects: { embedded: "objects" } } }));
      const home = (name: string) => {
        mkdirSync(join(scratch, name));
        return { HOME: join(scratch, name), TRESTLE_HOME: join(scratch, name) };
      };
      listening = await listen(subject, home("http"));
      const mcpServers = {
        stdio: { command: process.execPath, args: subject.stdio, env: home("stdio") },
        http: { type: "streamable-http", url: listening.url },
      };
      writeFileSync(servers, JSON.stringify({ mcpServers }));
    }, 120_000);
    afterAll(async () => {
      await listening?.stop();
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
    });

    const ask = (transport: string, era: string, ...words: readonly string[]) =>
      inspect(scratch, [
        ...["--config", servers, "--server", transport, "--protocol-era", era],
        ...["--format", "json", "--quiet", "--method", ...words],
      ]);
    const ways = ["stdio", "http"].flatMap((way) => ["legacy", "modern"].map((era) => [way, era]));

    test.each(ways)(
      "over %s in the %s era",
      async (transport = "", era = "") => {
        const tool = `${prefix}object_initialize`;
        const listed = await ask(transport, era, "tools/list", "--strict");
        expect(listed).toMatchObject({ code: 0 });
        const { tools } = listed.said.result as { tools: { name: string }[] };
        expect(tools.map(({ name }) => name)).toContain(tool);

        const input = ["--tool-args-json", JSON.stringify({ class: "counter", id: era })];
        const called = await ask(transport, era, "tools/call", "--tool-name", tool, ...input);
        const structuredContent = { seq: 1, created: true };
        expect(called).toMatchObject({ code: 0, said: { result: { structuredContent } } });

        const without = ["--tool-args-json", "{}"];
        const refused = await ask(transport, era, "tools/call", "--tool-name", tool, ...without);
        expect(refused).toMatchObject({ code: 5, said: { result: { isError: true } } });
      },
      120_000,
    );
  },
);

/** Starts a program that listens for HTTP, and waits until it says where. */
async function listen({ http, says }: Subject, home: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, http, {
    env: { ...process.env, ...home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      const found = says.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => reject(new Error(`It ended with ${code}: ${text}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url, stop };
}

/** Runs the Inspector; what it printed, and how it ended. */
function inspect(home: string, words: readonly string[]) {
  const program = join(
    inspector ?? "",
    "node_modules",
    INSPECTOR,
    "clients/launcher/build/index.js",
  );
  const env = { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: "memory" };
  const options = { env, cwd: home, timeout: 60_000, maxBuffer: 64e6 } as const;
  return new Promise<{ code: number; said: Record<string, unknown>; errors: string }>((resolve) => {
    execFile(process.execPath, [program, "--cli", ...words], options, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      resolve({ code, said: stdout === "" ? {} : JSON.parse(stdout), errors: stderr });
    });
  });
}
