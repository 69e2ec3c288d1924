import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { countFrom, progress, type Report, writeResult } from "../measure.ts";
import { type BridgePeer, echoEntry, startBridge } from "./bridge.ts";
import { type Check, checkRecords, checkUpstream } from "./checks.ts";
import { describeVariant, variants } from "./installation.ts";
import { runLoad } from "./load.ts";
import { echoFile, type Peer, startDirect } from "./peers.ts";
import { residentMegabytes } from "./process-figures.ts";
import { type Slope, slopeOf } from "./statistics.ts";
import { checkRow } from "./tables.ts";

const CONCURRENCY = 64;
/** Looks at memory while the load runs, and quiet moments. */
const LOOKS = 100;
const QUIETS = 20;
const QUIET_MS = 300;
/** So much the bridge may grow, by the line through the second half of the samples. */
const MOST_MB_PER_100K = 1;

/** After so many calls, in MB. */
type Sample = readonly [calls: number, megabytes: number];

interface Soak {
  /** While the load runs, nothing forced. */
  readonly resident: Sample[];
  /** In quiet moments after a forced garbage collection. */
  readonly residentQuiet: Sample[];
  readonly heap: Sample[];
}

/** Does the bridge's memory rise? `ROUNDS` calls through one bridge, its stdio and its HTTP server in turn. */
export async function benchSoak(): Promise<Report> {
  const calls = countFrom("ROUNDS", 1_000_000);
  const [variant = "source"] = variants();
  const upstream = await startDirect();
  const servers = { a: echoEntry("stdio", echoFile), b: echoEntry("http", upstream.url) };
  const bridge = await startBridge({ variant, servers, nodeArguments: collectable });
  const peers = [through(bridge, "a"), through(bridge, "b")];
  const startedAt = performance.now();
  try {
    const soak = await load(bridge, peers, calls);
    const seconds = (performance.now() - startedAt) / 1_000;
    const checks = await checkAll(bridge, peers);
    return report({ ...soak, calls, seconds, bridge: describeVariant(variant), checks });
  } finally {
    await bridge.stop();
    bridge.remove();
    await upstream.stop();
  }
}

/** The same bridge, by one of its servers. */
function through(bridge: BridgePeer, server: string): Peer {
  return { ...bridge, name: `bridge, ${server}`, prefix: `${server}__`, sent: new Map() };
}

async function load(bridge: BridgePeer, peers: readonly Peer[], calls: number): Promise<Soak> {
  const soak: Soak = { resident: [], residentQuiet: [], heap: [] };
  const reports = createInterface({ input: bridge.child.stdio[3] as Readable });
  const lookEvery = Math.ceil(calls / LOOKS);
  let done = 0;
  const onAnswer = () => {
    done += 1;
    if (done % lookEvery === 0) soak.resident.push([done, residentMegabytes(bridge.pid)]);
  };
  for (let turn = 0; turn < QUIETS; turn += 1) {
    // Both servers at the same time, half of the calls each, and the eras in turn.
    const share = {
      era: turn % 2 === 0 ? "legacy" : "modern",
      tool: "echo",
      calls: Math.ceil(calls / QUIETS / peers.length),
      concurrency: CONCURRENCY / peers.length,
      onAnswer,
    } as const;
    await Promise.all(peers.map((peer) => runLoad({ ...share, peer })));
    await wait(QUIET_MS);
    soak.heap.push([done, await collect(bridge, reports)]);
    soak.residentQuiet.push([done, residentMegabytes(bridge.pid)]);
    progress(`${done} calls, ${soak.residentQuiet.at(-1)?.[1].toFixed(0)} MB resident when quiet`);
  }
  reports.close();
  return soak;
}

/** Nothing of the product: a listener that Node loads before it, and that answers on the fourth pipe. */
const collectable = [
  "--expose-gc",
  "--import",
  `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from "node:fs";
    import { isMainThread } from "node:worker_threads";
    if (isMainThread) process.on("SIGUSR2", () => {
      for (let round = 0; round < 3; round += 1) gc();
      writeSync(3, process.memoryUsage().heapUsed + "\\n");
    });
  `)}`,
];

/** What is in use after a garbage collection, in MB. */
async function collect(bridge: BridgePeer, reports: Interface): Promise<number> {
  const answer = once(reports, "line");
  bridge.child.kill("SIGUSR2");
  const [line] = await answer;
  return Number(line) / 1024 / 1024;
}

async function checkAll(bridge: BridgePeer, peers: readonly Peer[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const peer of peers) checks.push(await checkUpstream("soak", peer));
  for (const { sent } of peers) {
    for (const [tool, calls] of sent) bridge.sent.set(tool, (bridge.sent.get(tool) ?? 0) + calls);
  }
  await bridge.stop();
  return [...checks, ...checkRecords("soak", bridge)];
}

interface Outcome extends Soak {
  readonly calls: number;
  readonly seconds: number;
  readonly bridge: string;
  readonly checks: readonly Check[];
}

function report(outcome: Outcome): Report {
  const { calls, seconds, bridge, checks, ...samples } = outcome;
  const lines = Object.entries(samples).map(([name, of]) => ({ name, of, ...secondHalf(of) }));
  const rows = lines.map(({ name, of, slope, error }) => ({
    memory: words[name as keyof Soak],
    samples: of.length,
    "first MB": (of[0]?.[1] ?? Number.NaN).toFixed(1),
    "last MB": (of.at(-1)?.[1] ?? Number.NaN).toFixed(1),
    "MB per 100,000 calls, second half": `${slope.toFixed(2)} ± ${error.toFixed(2)}`,
    verdict: slope <= MOST_MB_PER_100K ? "not rising" : "RISING",
  }));
  writeResult("soak", { ...outcome, slopes: lines.map(({ of: _, ...line }) => line) });
  const rate = Math.round(calls / seconds);
  return {
    heading:
      `Bridge: ${bridge}. ${calls} calls, ${CONCURRENCY} at a time, in ${seconds.toFixed(0)} s (${rate}/s).\n` +
      `Not rising: at most ${MOST_MB_PER_100K} MB per 100,000 calls over the second half.`,
    tables: [
      { title: "Memory", rows },
      { title: "Was everything counted and kept?", rows: checks.map(checkRow) },
    ],
    failures: [
      ...rows
        .filter(({ verdict }) => verdict === "RISING")
        .map(({ memory }) => `Rising: ${memory}.`),
      ...checks.filter(({ isMet }) => !isMet).map(({ what }) => `Not complete: ${what}.`),
    ],
  };
}

const words: Readonly<Record<keyof Soak, string>> = {
  resident: "resident, under load",
  residentQuiet: "resident, quiet, after garbage collection",
  heap: "heap in use after garbage collection",
};

function secondHalf(samples: readonly Sample[]): Slope {
  const half = samples.slice(Math.floor(samples.length / 2));
  return slopeOf(half.map(([calls, megabytes]) => [calls / 100_000, megabytes]));
}
