import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { installScratch, type ScratchManifest } from "@trestle/testkit/scratch-install";
import { residentMegabytes } from "../gateway/process-figures.ts";
import { type Interval, medianWithInterval, quantile } from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { program } from "./command.ts";
import type { BenchDatabase } from "./postgres.ts";
import type { Settings } from "./settings.ts";
import { listTools, type StdioServer, startServer } from "./stdio-client.ts";

export interface PeerResult {
  readonly name: string;
  /** From the start of the process to its list of tools. */
  readonly startMs: Interval;
  readonly tools: number;
  /** Characters of the list, which every conversation carries. */
  readonly listCharacters: number;
  /** Of one `SELECT 1`, over stdio; left out where the server could not be asked. */
  readonly queryMs?: Interval;
  readonly megabytes: number;
  /** Of those that say they only read: did a statement that ends the transaction and writes get through? */
  readonly writes?: "yes" | "no";
}

interface Peer {
  readonly name: string;
  /** Pinned: figures of another day are of the same program. Left out for ours. */
  readonly manifest?: ScratchManifest;
  readonly args: (url: string, folder: string) => readonly string[];
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** The tool that runs SQL, where it works without an account. */
  readonly query?: { readonly tool: string; readonly argument: string };
  /** Does it say that it only reads? */
  readonly saysReadOnly: boolean;
}

const inModules = (folder: string, path: string): string => join(folder, "node_modules", path);

const PEERS: readonly Peer[] = [
  {
    name: "@trestle-mcp/database",
    args: () => [program()],
    env: (url) => ({ DATABASE_URL: url }),
    query: { tool: "run_sql", argument: "sql" },
    saysReadOnly: true,
  },
  {
    name: "@modelcontextprotocol/server-postgres 0.6.2",
    manifest: { dependencies: { "@modelcontextprotocol/server-postgres": "0.6.2" } },
    args: (url, folder) => [
      inModules(folder, "@modelcontextprotocol/server-postgres/dist/index.js"),
      url,
    ],
    env: () => ({}),
    query: { tool: "query", argument: "sql" },
    saysReadOnly: true,
  },
  {
    name: "@bytebase/dbhub 1.4.0",
    manifest: { dependencies: { "@bytebase/dbhub": "1.4.0" } },
    args: (url, folder) => [
      ...[inModules(folder, "@bytebase/dbhub/dist/index.js"), "--transport", "stdio"],
      ...["--dsn", withoutTls(url)],
    ],
    env: () => ({}),
    query: { tool: "execute_sql", argument: "sql" },
    saysReadOnly: false,
  },
  {
    // Its SQL goes to Neon's cloud and needs an account: only its start and its list are measured.
    name: "@neondatabase/mcp-server-neon 0.6.5",
    saysReadOnly: false,
    manifest: {
      dependencies: { "@neondatabase/mcp-server-neon": "0.6.5" },
      // One of its dependencies names a repository instead of the registry.
      overrides: { "@fastify/otel": "0.8.0" },
    },
    args: (_url, folder) => [
      inModules(folder, "@neondatabase/mcp-server-neon/dist/index.js"),
      "start",
      "no-key",
    ],
    env: () => ({}),
  },
];

/** Others beside ours, each in processes of its own. What could not be measured is told in a sentence. */
export async function measurePeers(
  database: BenchDatabase,
  settings: Settings,
): Promise<{ results: PeerResult[]; skipped: string[] }> {
  const results: PeerResult[] = [];
  const skipped: string[] = [];
  await database.script("CREATE TABLE IF NOT EXISTS target (id int)");
  for (const peer of PEERS) {
    progress(peer.name);
    try {
      const install = (): void => progress("installing it");
      const folder = peer.manifest ? await installScratch(peer.manifest, install) : "";
      results.push(await measurePeer(peer, folder, database, settings));
    } catch (error) {
      const { message } = error as Error;
      const why = /^.*(error|ENOTFOUND|ECONN).*$/im.exec(message)?.[0] ?? message;
      skipped.push(`${peer.name} could not be measured: ${why.trim().slice(0, 120)}`);
    }
  }
  return { results, skipped };
}

async function measurePeer(
  peer: Peer,
  folder: string,
  database: BenchDatabase,
  { starts, calls }: Settings,
): Promise<PeerResult> {
  const home = mkdtempSync(join(tmpdir(), "trestle-bench-peer-"));
  const start = (): StdioServer =>
    startServer(process.execPath, peer.args(database.url, folder), {
      ...peer.env(database.url),
      TRESTLE_HOME: home,
    });
  try {
    const times: number[] = [];
    for (let at = 1; at < starts; at += 1) times.push(await timeStart(start()));
    const server = start();
    const started = performance.now();
    const tools = await listTools(server);
    times.push(performance.now() - started);
    try {
      const queryMs = peer.query && (await timeQueries(server, peer.query, calls));
      const writes =
        peer.query && peer.saysReadOnly && (await triesToWrite(server, peer.query, database));
      return {
        ...{ name: peer.name, startMs: medianWithInterval(times), tools: tools.length },
        listCharacters: JSON.stringify(tools).length,
        megabytes: residentMegabytes(server.pid),
        ...(queryMs ? { queryMs } : {}),
        ...(writes ? { writes } : {}),
      };
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function timeStart(server: StdioServer): Promise<number> {
  const started = performance.now();
  try {
    await listTools(server);
    return performance.now() - started;
  } finally {
    await server.stop();
  }
}

async function timeQueries(
  server: StdioServer,
  { tool, argument }: NonNullable<Peer["query"]>,
  calls: number,
): Promise<Interval> {
  const ask = async (): Promise<number> => {
    const started = performance.now();
    const result = await server.request("tools/call", {
      name: tool,
      arguments: { [argument]: "SELECT 1 AS one" },
    });
    if (result.isError === true) throw new Error(JSON.stringify(result).slice(0, 200));
    return performance.now() - started;
  };
  for (let at = 0; at < 20; at += 1) await ask();
  const medians: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const times: number[] = [];
    for (let at = 0; at < calls / 10; at += 1) times.push(await ask());
    medians.push(
      quantile(
        times.toSorted((a, b) => a - b),
        0.5,
      ),
    );
  }
  return medianWithInterval(medians);
}

/** The oldest of the published bypasses. */
async function triesToWrite(
  server: StdioServer,
  { tool, argument }: NonNullable<Peer["query"]>,
  database: BenchDatabase,
): Promise<"yes" | "no"> {
  const sql = "SELECT 1; COMMIT; DROP TABLE target; SELECT 1";
  await server
    .request("tools/call", { name: tool, arguments: { [argument]: sql } })
    .catch(() => undefined);
  const survived = await database.script("SELECT FROM target").then(
    () => true,
    () => false,
  );
  if (!survived) await database.script("CREATE TABLE target (id int)");
  return survived ? "no" : "yes";
}

function withoutTls(url: string): string {
  const plain = new URL(url);
  plain.searchParams.set("sslmode", "disable");
  return plain.href;
}
