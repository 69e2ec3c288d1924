import process from "node:process";
import { countFrom, progress, type Report, type Table, writeResult } from "../measure.ts";
import { type MeasuredHost, startHosts } from "./hosts.ts";
import { callLap, type FanOut, fanOutLap, type Lap, type Way } from "./load.ts";

const CALLERS = [1, 32];
const WAYS: readonly Way[] = ["HTTP", "WebSocket"];

interface CallFigures {
  readonly way: Way;
  readonly callers: number;
  readonly host: string;
  readonly laps: readonly Lap[];
}

interface FanOutFigures {
  readonly host: string;
  readonly laps: readonly FanOut[];
}

/** Calls and watchers on both hosts, beside a floor: COUNT, WATCHERS and ROUNDS choose. */
export async function benchObjects(): Promise<Report> {
  const calls = countFrom("COUNT", 1_000);
  const watchers = countFrom("WATCHERS", 1_000);
  const rounds = countFrom("ROUNDS", 3);
  const hosts = await startHosts();
  try {
    const called = await measureCalls(hosts, calls, rounds);
    const told = await measureFanOut(
      hosts.filter(({ name }) => name !== "floor"),
      watchers,
      rounds,
    );
    writeResult("objects", { node: process.version, calls, watchers, rounds, called, told });
    return {
      heading: "Counters on the local host and on the worker's own runtime, side by side.",
      tables: [callTable(called), fanOutTable(told, watchers)],
    };
  } finally {
    for (const host of hosts) await host.close();
  }
}

/** All hosts take part in each round, so that whatever slows this machine down slows all of them down. */
async function measureCalls(
  hosts: readonly MeasuredHost[],
  calls: number,
  rounds: number,
): Promise<CallFigures[]> {
  const figures: CallFigures[] = [];
  for (const way of WAYS) {
    for (const callers of CALLERS) {
      progress(`${callers} callers over ${way}`);
      const laps = hosts.map((): Lap[] => []);
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, host] of hosts.entries()) {
          laps[index]?.push(await callLap(host, { way, callers, calls }));
        }
      }
      const rows = hosts.map(({ name: host }, at) => ({
        way,
        callers,
        host,
        laps: laps[at] ?? [],
      }));
      figures.push(...rows);
    }
  }
  return figures;
}

const FAN_OUT_CALLS = 20;

async function measureFanOut(
  hosts: readonly MeasuredHost[],
  watchers: number,
  rounds: number,
): Promise<FanOutFigures[]> {
  progress(`${watchers} watchers`);
  const laps = hosts.map((): FanOut[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, host] of hosts.entries()) {
      laps[index]?.push(await fanOutLap(host, { watchers, calls: FAN_OUT_CALLS }));
    }
  }
  return hosts.map(({ name: host }, at) => ({ host, laps: laps[at] ?? [] }));
}

function callTable(figures: readonly CallFigures[]): Table {
  const rows = figures.map(({ way, callers, host, laps }) => ({
    way,
    callers,
    host,
    "calls/s": Math.round(median(laps, "perSecond")),
    "p50 ms": median(laps, "p50").toFixed(2),
    "p99 ms": median(laps, "p99").toFixed(2),
  }));
  return { title: "Increments, each caller on a counter of its own, medians", rows };
}

function fanOutTable(figures: readonly FanOutFigures[], watchers: number): Table {
  const rows = figures.map(({ host, laps }) => ({
    host,
    "told/s": Math.round(median(laps, "perSecond")),
    "p50 ms": median(laps, "p50").toFixed(1),
    "p99 ms": median(laps, "p99").toFixed(1),
  }));
  return { title: `From a call to ${watchers} watchers of one counter, medians`, rows };
}

function median<Key extends string>(
  laps: readonly Readonly<Record<Key, number>>[],
  key: Key,
): number {
  const sorted = laps.map((lap) => lap[key]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
