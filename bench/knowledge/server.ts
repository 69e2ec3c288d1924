import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type S3Server, startS3Server } from "@trestle/testkit/s3-server";
import { openBucketStore, openKnowledge } from "@trestle-mcp/r2-knowledge";
import { listTools, type StdioServer, startServer } from "../database/stdio-client.ts";
import { quantile } from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { type Kind, makeKinds, meet, meetAgain } from "./diagnoses.ts";
import { createRandom, type Random, withTypos } from "./random.ts";

const BIN = fileURLToPath(new URL("../../servers/r2-knowledge/src/bin.ts", import.meta.url));
const KINDS = 1_000;
const PIECE = 1_000;
const CALLS = 200;
const STORES = 50;
const SPACED = 5;
/** Longer than an answer may be old: each of these searches looks for what others stored. */
const APART_MS = 1_100;
const DOLLARS = { A: 4.5 / 1e6, B: 0.36 / 1e6 };

interface Requests {
  readonly A: number;
  readonly B: number;
}

/** What a thousand of something asks of R2. */
export interface Cost {
  readonly what: string;
  readonly A: number;
  readonly B: number;
  readonly dollars: number;
}

export interface ServerFigures {
  readonly documents: number;
  /** From the start of the process to its first answer, and the requests until then. */
  readonly coldMs: number;
  readonly coldRequests: Readonly<Record<string, number>>;
  /** Of the server's process: after the first answer, after all of them, and the most it ever had. */
  readonly memory: Readonly<Record<"first" | "last" | "most", number | undefined>>;
  readonly calls: readonly { readonly tool: string; readonly p50: number; readonly p99: number }[];
  readonly costs: readonly Cost[];
}

/** The real program on a bucket of so many diagnoses, asked over stdio as a host asks it. */
export async function measureServer(documents: number, seed: number): Promise<ServerFigures> {
  const bucket = await startS3Server();
  const home = mkdtempSync(join(tmpdir(), "trestle-bench-knowledge-"));
  try {
    const kinds = makeKinds(KINDS, createRandom(seed));
    const bulk = await fill(bucket, documents, kinds, seed);
    return { documents, ...(await askServer(bucket, home, kinds, seed, bulk)) };
  } finally {
    await bucket.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

function credentialsOf({ endpoint, credentials }: S3Server) {
  return { endpoint, bucket: "knowledge", credentials };
}

async function fill(bucket: S3Server, count: number, kinds: readonly Kind[], seed: number) {
  const random = createRandom(seed + 3);
  const store = await openBucketStore(credentialsOf(bucket));
  const knowledge = openKnowledge({ store, autoCompact: false });
  const sum = { A: 0, B: 0 };
  for (let at = 0; at < count; at += PIECE) {
    bucket.requests.length = 0;
    if (at % (10 * PIECE) === 0) progress(`storing ${count} diagnoses: ${at}`);
    const pieces = Array.from({ length: Math.min(PIECE, count - at) }, () =>
      toInput(kinds, random),
    );
    const done = await knowledge.storeMany(pieces, { dedupe: "off", concurrency: 64 });
    const failed = done.find(({ status }) => status === "failed");
    if (failed !== undefined) throw new Error(`not stored: ${JSON.stringify(failed)}`);
    const { A, B } = bucket.billed();
    sum.A += A;
    sum.B += B;
  }
  const cost = toCost("1,000 stores, many at once", sum, count);
  progress("compacting the index");
  await knowledge.index.compact();
  await knowledge.close();
  return cost;
}

function toInput(kinds: readonly Kind[], random: Random) {
  const { name, message, stack, fix, context, metadata } = meet(random.pick(kinds), 0, 0, random);
  const severity = random.pick(["low", "medium", "high", "critical"] as const);
  return { error: { name, message, stack }, fix, context, severity, metadata };
}

async function askServer(
  bucket: S3Server,
  home: string,
  kinds: readonly Kind[],
  seed: number,
  bulk: Cost,
): Promise<Omit<ServerFigures, "documents">> {
  bucket.requests.length = 0;
  progress("asking a server that was just started");
  const began = performance.now();
  const server = startServer(process.execPath, [BIN], {
    ...{ TRESTLE_HOME: home, R2_ENDPOINT: bucket.endpoint, R2_AUDIT_BUCKET: "knowledge" },
    R2_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
    R2_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
  });
  try {
    await listTools(server);
    const random = createRandom(seed + 4);
    const ask = questionsOf(kinds, random);
    await call(server, ...ask.search_knowledge());
    const coldMs = performance.now() - began;
    const coldRequests = countOf(bucket);
    const first = memoryOf(server.pid, "VmRSS");
    const calls = [];
    const hot = bucket.billed();
    for (const [tool, question] of Object.entries(ask))
      calls.push(await timed(server, tool, question));
    const costs = [
      bulk,
      costOf("1,000 searches, one after the other", bucket, hot, CALLS * calls.length * 2),
      await costOfSpaced(bucket, server, ask.search_knowledge),
      await costOfStores(bucket, server, kinds, random),
    ];
    const memory = {
      first,
      last: memoryOf(server.pid, "VmRSS"),
      most: memoryOf(server.pid, "VmHWM"),
    };
    return { coldMs, coldRequests, memory, calls, costs };
  } finally {
    await server.stop();
  }
}

type Question = () => [tool: string, args: Readonly<Record<string, unknown>>];

function questionsOf(kinds: readonly Kind[], random: Random) {
  const error = () => {
    const kind = random.pick(kinds);
    return { name: kind.name, ...meetAgain(kind, random) };
  };
  const words = () => error().message.split(" ").slice(0, 4).join(" ");
  return {
    search_knowledge: () => ["search_knowledge", { query: words() }],
    "search_knowledge, half of the words misspelt": () => [
      "search_knowledge",
      { query: withTypos(words(), 0.5, random) },
    ],
    "search_knowledge, filtered": () => [
      "search_knowledge",
      { query: words(), severity: "high", context: "production", since: "30d", hasFix: true },
    ],
    find_similar_errors: () => ["find_similar_errors", error()],
  } satisfies Record<string, Question>;
}

async function call(server: StdioServer, name: string, args: object): Promise<void> {
  const { isError, content } = await server.request("tools/call", { name, arguments: args });
  if (isError === true) throw new Error(`${name} failed: ${JSON.stringify(content)}`);
}

/** Each question once to warm up, and once more for the figures. */
async function timed(server: StdioServer, tool: string, question: Question) {
  const questions = Array.from({ length: CALLS }, question);
  for (const asked of questions) await call(server, ...asked);
  const times: number[] = [];
  for (const asked of questions) {
    const began = performance.now();
    await call(server, ...asked);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { tool, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function costOfSpaced(bucket: S3Server, server: StdioServer, question: Question) {
  const before = bucket.billed();
  for (let at = 0; at < SPACED; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
    await call(server, ...question());
  }
  return costOf("1,000 searches, each more than a second apart", bucket, before, SPACED);
}

async function costOfStores(
  bucket: S3Server,
  server: StdioServer,
  kinds: readonly Kind[],
  random: Random,
) {
  const before = bucket.billed();
  for (let at = 0; at < STORES; at += 1)
    await call(server, "store_diagnosis", toInput(kinds, random));
  return costOf("1,000 stores, one after the other", bucket, before, STORES);
}

function costOf(what: string, bucket: S3Server, before: Requests, done: number): Cost {
  const now = bucket.billed();
  return toCost(what, { A: now.A - before.A, B: now.B - before.B }, done);
}

function toCost(what: string, sum: Requests, done: number): Cost {
  const [A, B] = [(sum.A / done) * 1_000, (sum.B / done) * 1_000];
  return { what, A, B, dollars: A * DOLLARS.A + B * DOLLARS.B };
}

function countOf({ requests }: S3Server): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation = "refused" } of requests)
    counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** In MB; only Linux tells. */
function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(file, "utf8")) ?? [];
  return kilobytes === undefined ? undefined : (Number(kilobytes) * 1_024) / 1e6;
}
