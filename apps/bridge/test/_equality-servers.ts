import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { nodeEnvironment, wasmFlags } from "@trestle/testkit/surroundings";
import { openEmbedded } from "@trestle-mcp/database";
import { end, printed, temporaryFolder } from "./_bridge.ts";
import type { Reach } from "./_clients.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const THIRD_PARTY = "../../../examples/third-party/node_modules/@modelcontextprotocol";
/** The example server of the protocol: all of its features, and sessions over HTTP. */
export const EVERYTHING = at(`${THIRD_PARTY}/server-everything/dist/index.js`);
/** The filesystem server that everybody uses. */
export const FILESYSTEM = at(`${THIRD_PARTY}/server-filesystem/dist/index.js`);
const DATABASE = at("../../../servers/database/src/main.ts");

/** Real servers, each reachable directly and named in a configuration of the bridge. */
export interface RealServers {
  readonly config: object;
  readonly direct: Readonly<Record<string, Reach>>;
  /** What the bridges have in their environment: where the database is. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that the filesystem server may see. */
  readonly files: string;
  /** A home for a bridge; where the database is an embedded one, with a copy of it. */
  makeHome(): string;
  close(): Promise<void>;
}

export async function startRealServers(): Promise<RealServers> {
  const folder = temporaryFolder("trestle-equality");
  const files = join(folder, "files");
  mkdirSync(join(files, "deep"), { recursive: true });
  writeFileSync(join(files, "a.txt"), "first\nsecond größe\n");
  writeFileSync(join(files, "deep", "dot.png"), Buffer.from("iVBORw0KGgo=", "base64"));
  const home = join(folder, "home");
  // Waking an embedded database takes a second of each process, and this is not about it.
  const local = (await hasLocalPostgres()) ? await createLocalDatabase() : undefined;
  if (local === undefined) await makeDatabase(home);
  const env = local === undefined ? {} : { DATABASE_URL: local.url };
  const port = await freePort();
  const http = spawn(process.execPath, [EVERYTHING, "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
  });
  await printed(http, /listening on port/);
  const everything = { command: process.execPath, args: [EVERYTHING, "stdio"] };
  const filesystem = { command: process.execPath, args: [FILESYSTEM, files] };
  const url = `http://127.0.0.1:${port}/mcp`;
  return {
    config: {
      // Servers of very different weight: the first list waits for the slowest.
      catalog: { startWaitMs: 60_000 },
      mcpServers: {
        database: { embedded: "database" },
        everything,
        remote: { url },
        filesystem,
      },
    },
    direct: {
      database: {
        command: process.execPath,
        args: [...wasmFlags, DATABASE],
        env: { ...nodeEnvironment(), TRESTLE_HOME: home, ...env },
      },
      everything,
      remote: { url },
      filesystem,
    },
    env,
    files,
    makeHome() {
      const copy = temporaryFolder("trestle-equality-home");
      if (local !== undefined) return copy;
      cpSync(join(home, CLUSTER), join(copy, CLUSTER), { recursive: true });
      return copy;
    },
    async close() {
      await end(http);
      await local?.drop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Where a home has what an embedded database holds. */
const CLUSTER = join("database", "postgres");

async function makeDatabase(home: string): Promise<void> {
  const database = openEmbedded({ dataDir: join(home, "database") });
  await database.query("select 1");
  await database.close();
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
