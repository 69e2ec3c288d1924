import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { installScratch } from "@trestle/testkit/scratch-install";
import { residentMegabytes } from "../gateway/process-figures.ts";
import { type Interval, medianWithInterval, quantile } from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { PEERS, type Peer, type Place } from "./peer-list.ts";
import type { BenchDatabase } from "./postgres.ts";
import type { Settings } from "./settings.ts";
import { listTools, type StdioServer, startServer } from "./stdio-client.ts";
import { attemptWrites, type Outcomes } from "./write-attempts.ts";

export interface PeerResult {
  readonly name: string;
  /** From the start of the process to its list of tools. */
  readonly startMs: Interval;
  readonly tools: number;
  /** Of what hosts show a model of the list, in every conversation: four characters are about one. */
  readonly listTokens: number;
  /** Of one `SELECT 1`, over stdio; left out where the server could not be asked. */
  readonly queryMs?: Interval;
  readonly megabytes: number;
  readonly writes?: Outcomes;
}

const ROUNDS = 10;
const WARM_UP = 20;

/** One of the servers, while it is measured. */
interface Candidate {
  readonly peer: Peer;
  readonly place: Place & { installed: string };
  readonly starts: number[];
  readonly medians: number[];
  /** The process that is asked. */
  server?: StdioServer;
  tools: readonly Readonly<Record<string, unknown>>[];
}

/** Others beside ours, by turns, each in processes of its own. What could not be measured is told in a sentence. */
export async function measurePeers(
  database: BenchDatabase,
  settings: Settings,
): Promise<{ results: PeerResult[]; skipped: string[] }> {
  const root = mkdtempSync(join(tmpdir(), "trestle-bench-peers-"));
  const account = await openAccount();
  const results: PeerResult[] = [];
  const skipped: string[] = [];
  const candidates = new Set<Candidate>();
  /** Whoever fails is left out of what follows. */
  const each = async (work: (candidate: Candidate) => Promise<void>): Promise<void> => {
    for (const candidate of candidates)
      await work(candidate).catch((error: Error) => {
        candidates.delete(candidate);
        skipped.push(`${candidate.peer.name} could not be measured: ${shortOf(error)}`);
        return candidate.server?.stop();
      });
  };
  try {
    for (const [at, peer] of PEERS.entries()) {
      const home = join(root, String(at));
      mkdirSync(home);
      const place = { databaseUrl: database.url, accountUrl: account.url, installed: "", home };
      candidates.add({ peer, place, starts: [], medians: [], tools: [] });
    }
    await each(install);
    progress("starts of the servers, by turns");
    for (let start = 0; start < settings.starts; start += 1) await each(timeStart);
    await each(open);
    progress("queries to the servers, by turns");
    for (let round = 0; round < ROUNDS; round += 1)
      await each((candidate) => ask(candidate, settings.calls / ROUNDS));
    await each(async (candidate) => void results.push(await toResult(candidate, database)));
    return { results, skipped };
  } finally {
    for (const { server } of candidates) await server?.stop();
    account.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function install({ peer, place }: Candidate): Promise<void> {
  if (peer.manifest)
    place.installed = await installScratch(peer.manifest, () =>
      progress(`installing ${peer.name}`),
    );
}

async function timeStart(candidate: Candidate): Promise<void> {
  const started = performance.now();
  const server = start(candidate);
  try {
    await listTools(server);
    candidate.starts.push(performance.now() - started);
  } finally {
    await server.stop();
  }
}

async function open(candidate: Candidate): Promise<void> {
  candidate.server = start(candidate);
  candidate.tools = await listTools(candidate.server);
  await ask(candidate, WARM_UP);
  candidate.medians.length = 0;
}

/** The median of so many queries, one after the other. */
async function ask({ peer, server, medians }: Candidate, queries: number): Promise<void> {
  if (!peer.query || !server) return;
  const { tool, argument } = peer.query;
  const times: number[] = [];
  for (let at = 0; at < queries; at += 1) {
    const started = performance.now();
    const params = { name: tool, arguments: { [argument]: "SELECT 1 AS one" } };
    const result = await server.request("tools/call", params);
    if (result.isError === true) throw new Error(JSON.stringify(result));
    times.push(performance.now() - started);
  }
  medians.push(
    quantile(
      times.toSorted((a, b) => a - b),
      0.5,
    ),
  );
}

async function toResult(candidate: Candidate, database: BenchDatabase): Promise<PeerResult> {
  const { peer, server, starts, medians, tools } = candidate;
  if (!server) throw new Error("it was not started");
  const megabytes = residentMegabytes(server.pid);
  const writes = peer.query && (await attemptWrites(server, peer.query, database));
  return {
    name: peer.name,
    startMs: medianWithInterval(starts),
    tools: tools.length,
    listTokens: Math.ceil(JSON.stringify(tools.map(visibleOf)).length / 4),
    megabytes,
    ...(medians.length > 0 ? { queryMs: medianWithInterval(medians) } : {}),
    ...(writes ? { writes } : {}),
  };
}

function start({ peer, place }: Candidate): StdioServer {
  const env = { ...peer.env(place), TRESTLE_HOME: place.home };
  return startServer(process.execPath, peer.args(place), env);
}

/** What hosts show a model of a tool. */
function visibleOf({ name, title, description, inputSchema }: Record<string, unknown>): object {
  return { name, title, description, inputSchema };
}

/** Neon's own server asks who it is before it begins. */
async function openAccount(): Promise<{ readonly url: string; close(): void }> {
  const who = { account_id: "bench", auth_method: "api_key_user", id: "bench", name: "bench" };
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(who));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function shortOf({ message }: Error): string {
  const line = /^.*(error|ENOTFOUND|ECONN).*$/im.exec(message)?.[0] ?? message;
  return line.trim().slice(0, 120);
}
