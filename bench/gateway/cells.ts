import { setTimeout as wait } from "node:timers/promises";
import { progress } from "../measure.ts";
import type { Era } from "./client.ts";
import { type LoadResult, runLoad } from "./load.ts";
import type { Peer, UpstreamKind } from "./peers.ts";
import { cpuMilliseconds } from "./process-figures.ts";
import type { Settings } from "./settings.ts";
import { type Interval, medianWithInterval, quantile, ratioWithInterval } from "./statistics.ts";

export interface Cell {
  readonly kind: UpstreamKind;
  readonly era: Era;
  readonly concurrency: number;
}

export const FIGURES = ["p50 ms", "p95 ms", "p99 ms", "calls/s", "CPU ms"] as const;
export type Figure = (typeof FIGURES)[number];
type Figures = Readonly<Record<Figure, Interval>>;

export interface PeerResult extends Cell {
  readonly peer: string;
  readonly figures: Figures;
  /** Ratios of the same round. */
  readonly timesFloor: Figures;
  readonly timesDirect: Figures;
}

type Sample = Readonly<Record<Figure, number>>;

/**
 * Every peer under every load, each round in turn and in another order, so that the machine's moods hit
 * all alike.
 */
export async function measureCells(
  kind: UpstreamKind,
  peers: readonly Peer[],
  settings: Settings,
): Promise<PeerResult[]> {
  const results: PeerResult[] = [];
  for (const era of settings.eras) {
    for (const concurrency of settings.concurrencies) {
      progress(`${kind}, ${era}, ${concurrency} at a time`);
      results.push(...(await measureCell(peers, { kind, era, concurrency }, settings)));
    }
  }
  return results;
}

async function measureCell(
  peers: readonly Peer[],
  cell: Cell,
  { rounds, calls }: Settings,
): Promise<PeerResult[]> {
  const samples = new Map<string, Sample[]>(peers.map(({ name }) => [name, []]));
  // One round to warm up, not counted.
  for (let round = -1; round < rounds; round += 1) {
    const turn = (round + 1) % peers.length;
    for (const peer of [...peers.slice(turn), ...peers.slice(0, turn)]) {
      const sample = await measure(peer, cell, calls);
      if (round >= 0) samples.get(peer.name)?.push(sample);
    }
  }
  const of = (peer: string) => samples.get(peer) ?? [];
  return peers.map(({ name }) => ({
    ...cell,
    peer: name,
    figures: eachFigure((figure) => medianWithInterval(column(of(name), figure))),
    timesFloor: eachFigure((figure) =>
      ratioWithInterval(column(of(name), figure), column(of("floor"), figure)),
    ),
    timesDirect: eachFigure((figure) =>
      ratioWithInterval(column(of(name), figure), column(of("direct"), figure)),
    ),
  }));
}

/** What a peer writes behind its answers belongs to their price: it is promised within 50 ms. */
const AFTERWARDS_MS = 80;

async function measure(peer: Peer, { era, concurrency }: Cell, calls: number): Promise<Sample> {
  const before = cpuMilliseconds(peer.pid);
  const result = await runLoad({ peer, era, tool: "echo", calls, concurrency });
  await wait(AFTERWARDS_MS);
  return toSample(result, (cpuMilliseconds(peer.pid) - before) / calls);
}

function toSample({ latencies, callsPerSecond }: LoadResult, cpuPerCallMs: number): Sample {
  return {
    "p50 ms": quantile(latencies, 0.5),
    "p95 ms": quantile(latencies, 0.95),
    "p99 ms": quantile(latencies, 0.99),
    "calls/s": callsPerSecond,
    "CPU ms": cpuPerCallMs,
  };
}

function column(samples: readonly Sample[], figure: Figure): number[] {
  return samples.map((sample) => sample[figure]);
}

function eachFigure(of: (figure: Figure) => Interval): Figures {
  return Object.fromEntries(FIGURES.map((figure) => [figure, of(figure)])) as Figures;
}
