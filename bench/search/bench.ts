import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { type Bridge, createBridge, loadConfig } from "@trestle-mcp/bridge";
import { quantile } from "../gateway/statistics.ts";
import { progress, type Report, type Row, writeResult } from "../measure.ts";
import { type JudgedRequest, judgedRequests, recordedTools } from "./recorded.ts";

const MODULE = fileURLToPath(new URL("./recorded-server.ts", import.meta.url));
const MANY = 10_000;
/** Of the half that nothing was tuned on. */
const LEAST_RECALL = 0.9;
const MOST_MS = 5;
const LAPS = 5;

/** How well and how fast `find_tools` finds tools, asked as a client asks. */
export async function benchSearch(): Promise<Report> {
  const requests = judgedRequests();
  progress("asking for each of the recorded tools");
  const quality = await withBridge(recordedServers(), async (bridge) => {
    const ranks: (JudgedRequest & { readonly rank: number })[] = [];
    for (const each of requests) ranks.push({ ...each, rank: await rankOf(bridge, each) });
    return (["development", "held-out"] as const).map((half) =>
      qualityOf(
        half,
        ranks.filter((each) => each.half === half),
      ),
    );
  });
  progress(`searching ${MANY} tools`);
  const speed = await withBridge({ many: { RECORDED_COUNT: String(MANY) } }, (bridge) =>
    measureSpeed(bridge, requests),
  );
  const failures = failuresOf(quality, speed);
  writeResult("search", { quality, speed });
  return {
    heading: `find_tools: ${recordedTools().length} tools of published servers, requests in other words`,
    tables: [
      { title: "Quality", rows: quality },
      { title: `Speed of whole calls at ${MANY} tools`, rows: speed },
    ],
    failures,
  };
}

function recordedServers(): Record<string, Record<string, string>> {
  const ids = [...new Set(recordedTools().map(({ server }) => server))];
  return Object.fromEntries(ids.map((id) => [id, { RECORDED_SERVER: id }]));
}

/** A bridge in this process with these embedded servers, each by what its environment says. */
async function withBridge<Result>(
  servers: Readonly<Record<string, Record<string, string>>>,
  work: (bridge: Bridge) => Promise<Result>,
): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), "trestle-bench-search-"));
  const file = join(home, "trestle.json");
  const entries = Object.entries(servers).map(([id, env]) => [id, { embedded: MODULE, env }]);
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(entries) }));
  const config = loadConfig({ cwd: home, env: { TRESTLE_HOME: home }, file });
  const parts = { clock: systemClock, log: silentLogger, version: "0.0.0" };
  const bridge = await createBridge(config, parts);
  try {
    await bridge.settled();
    return await work(bridge);
  } finally {
    await bridge.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function find(bridge: Bridge, query: string, limit: number): Promise<JsonObject[]> {
  const params = { name: "bridge__find_tools", arguments: { query, limit } };
  const { structuredContent } = await bridge.instance.request("tools/call", params, {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
  });
  return (structuredContent as { tools: JsonObject[] }).tools;
}

/** From 1; 0 where the tool is not among the first 50. */
async function rankOf(bridge: Bridge, { server, tool, request }: JudgedRequest): Promise<number> {
  const found = await find(bridge, request, 50);
  return found.findIndex((each) => each.server === server && each.tool === tool) + 1;
}

function qualityOf(half: string, ranks: readonly { readonly rank: number }[]) {
  const share = (upTo: number): number =>
    ranks.filter(({ rank }) => rank > 0 && rank <= upTo).length / ranks.length;
  const mrr = ranks.reduce((sum, { rank }) => sum + (rank > 0 ? 1 / rank : 0), 0) / ranks.length;
  return {
    half,
    requests: ranks.length,
    "recall@1": round(share(1)),
    "recall@5": round(share(5)),
    MRR: round(mrr),
  };
}

/** All searches, and for each request the quickest of its laps: that one nobody else was in the way of. */
async function measureSpeed(bridge: Bridge, requests: readonly JudgedRequest[]) {
  const all: number[] = [];
  const quickest = requests.map(() => Number.POSITIVE_INFINITY);
  // The first lap is to warm up.
  for (let lap = 0; lap <= LAPS; lap += 1) {
    for (const [at, { request }] of requests.entries()) {
      const begun = performance.now();
      await find(bridge, request, 10);
      const took = performance.now() - begun;
      if (lap === 0) continue;
      all.push(took);
      quickest[at] = Math.min(took, quickest[at] ?? took);
    }
  }
  return [timesRow("every search", all), timesRow("the quickest of five", quickest)];
}

function timesRow(measured: string, values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    measured,
    searches: sorted.length,
    "p50 ms": round(quantile(sorted, 0.5)),
    "p99 ms": round(quantile(sorted, 0.99)),
  };
}

function failuresOf(quality: readonly Row[], speed: readonly Row[]): string[] {
  const heldOut = quality.find(({ half }) => half === "held-out")?.["recall@5"] ?? 0;
  const slowest = Number(speed.at(-1)?.["p99 ms"]);
  return [
    ...(Number(heldOut) < LEAST_RECALL ? [`recall@5 is ${heldOut}, below ${LEAST_RECALL}`] : []),
    ...(slowest > MOST_MS ? [`the p99 of a search is ${slowest} ms, above ${MOST_MS}`] : []),
  ];
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
