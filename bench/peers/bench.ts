import { cpus } from "node:os";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { describeVariant, variants } from "../gateway/installation.ts";
import { runLoad } from "../gateway/load.ts";
import { medianWithInterval, quantile } from "../gateway/statistics.ts";
import { choiceFrom, countFrom, progress, type Report, type Row, writeResult } from "../measure.ts";
import { countOrphans, measureRecovery, type Recovery } from "./faults.ts";
import { findGateways, type Gateway, type RunningGateway, startGateway } from "./gateways.ts";
import { cpuOf, megabytesOf, processesOf } from "./processes.ts";

interface Sample {
  readonly p50: number;
  readonly p99: number;
  readonly callsPerSecond: number;
  readonly cpuMs: number;
}

interface Settings {
  readonly rounds: number;
  readonly calls: number;
  readonly starts: number;
  readonly concurrencies: readonly number[];
}

/** The bridge beside the gateways of others that npm installs, all in one run, by turns. */
export async function benchPeers(): Promise<Report> {
  const settings: Settings = {
    rounds: countFrom("ROUNDS", 10),
    calls: countFrom("CALLS", 2_000),
    starts: countFrom("STARTS", 5),
    concurrencies: choiceFrom("CONCURRENCIES", [1, 16, 64]),
  };
  const [variant = "source"] = variants();
  const gateways = await findGateways(variant);
  const loads = await measureLoads(gateways, settings);
  const starts = await measureColdStarts(gateways, settings.starts);
  const faults = await measureFaults(gateways);
  const about = { node: process.version, cpus: cpus().length, bridge: describeVariant(variant) };
  writeResult("peers", { ...about, ...settings, loads: loads.rows, starts, faults });
  const { rounds, calls } = settings;
  return {
    heading: `Bridge: ${about.bridge}. Node ${about.node}, ${about.cpus} processors.`,
    tables: [
      {
        title: `Calls over HTTP to a stdio server; ${rounds} rounds of ${calls} calls, medians`,
        rows: loads.rows,
      },
      { title: "Memory of the gateway, idle and after all calls", rows: loads.memory },
      { title: `From the start to the first list; median of ${settings.starts}`, rows: starts },
      { title: "The server behind it is killed; the gateway itself is ended", rows: faults },
    ],
  };
}

async function measureLoads(gateways: readonly Gateway[], settings: Settings) {
  const running: RunningGateway[] = [];
  try {
    for (const gateway of gateways) running.push(await startGateway(gateway));
    const idle = running.map(({ home }) => megabytesOf(processesOf(home).gateway));
    const rows: Row[] = [];
    for (const concurrency of settings.concurrencies) {
      rows.push(...(await measureCell(running, concurrency, settings)));
    }
    const memory = running.map(({ name, home }, index) => {
      const { gateway, servers } = processesOf(home);
      const figures = { "idle, MB": idle[index] ?? 0, "later, MB": megabytesOf(gateway) };
      const shown = Object.entries(figures).map(([what, value]) => [what, value.toFixed(0)]);
      const count = { "its processes": gateway.length, "servers behind it": servers.length };
      return { gateway: name, ...Object.fromEntries(shown), ...count };
    });
    return { rows, memory };
  } finally {
    for (const gateway of running) await gateway.stop();
  }
}

async function measureCell(
  running: readonly RunningGateway[],
  concurrency: number,
  { rounds, calls }: Settings,
): Promise<Row[]> {
  const samples = new Map<string, Sample[]>(running.map(({ name }) => [name, []]));
  // One round to warm up, not counted; each round begins with another one.
  for (let round = -1; round < rounds; round += 1) {
    progress(`${concurrency} at a time, round ${round + 1} of ${rounds}`);
    const turn = (round + 1) % running.length;
    for (const gateway of [...running.slice(turn), ...running.slice(0, turn)]) {
      const sample = await measure(gateway, concurrency, calls);
      if (round >= 0) samples.get(gateway.name)?.push(sample);
    }
  }
  return running.map(({ name }) => {
    const median = (of: (sample: Sample) => number, digits: number) =>
      medianWithInterval((samples.get(name) ?? []).map(of)).median.toFixed(digits);
    return {
      gateway: name,
      callers: concurrency,
      "p50 ms": median(({ p50 }) => p50, 2),
      "p99 ms": median(({ p99 }) => p99, 2),
      "calls/s": median(({ callsPerSecond }) => callsPerSecond, 0),
      "CPU ms": median(({ cpuMs }) => cpuMs, 3),
    };
  });
}

/** What is written behind the answers belongs to their price. */
const AFTERWARDS_MS = 80;

async function measure(peer: RunningGateway, concurrency: number, calls: number): Promise<Sample> {
  const before = cpuOf(processesOf(peer.home).gateway);
  const load = { peer, era: "legacy", tool: "echo", calls, concurrency } as const;
  const { latencies, callsPerSecond } = await runLoad(load);
  await wait(AFTERWARDS_MS);
  const cpuMs = (cpuOf(processesOf(peer.home).gateway) - before) / calls;
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), callsPerSecond, cpuMs };
}

async function measureColdStarts(gateways: readonly Gateway[], starts: number): Promise<Row[]> {
  const times = new Map<string, number[]>(gateways.map(({ name }) => [name, []]));
  for (let round = 0; round < starts; round += 1) {
    progress(`starts, round ${round + 1} of ${starts}`);
    for (const gateway of gateways) {
      const running = await startGateway(gateway);
      times.get(gateway.name)?.push(running.startMs);
      await running.stop();
    }
  }
  return [...times].map(([name, all]) => ({
    gateway: name,
    ms: medianWithInterval(all).median.toFixed(0),
  }));
}

async function measureFaults(gateways: readonly Gateway[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const gateway of gateways) {
    progress(`${gateway.name}: faults`);
    rows.push({
      gateway: gateway.name,
      "serves again": showRecovery(await measureRecovery(gateway)),
      "left after SIGTERM": await countOrphans(gateway, "SIGTERM"),
      "left after SIGKILL": await countOrphans(gateway, "SIGKILL"),
    });
  }
  return rows;
}

function showRecovery({ failed, ms, isNewSession }: Recovery): string {
  if (ms === undefined) return "not within 20 s";
  const failures = failed === 0 ? "no call failed" : `${failed} failed before`;
  return `${ms.toFixed(0)} ms, ${failures}${isNewSession ? ", new session" : ""}`;
}
