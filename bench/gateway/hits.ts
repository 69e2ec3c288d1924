import { progress } from "../measure.ts";
import { startEchoBridge } from "./bridge.ts";
import { type Check, checkRecords, checkUpstream } from "./checks.ts";
import type { Era } from "./client.ts";
import type { Variant } from "./installation.ts";
import { runLoad } from "./load.ts";
import { type Peer, startDirect } from "./peers.ts";
import { cpuMilliseconds } from "./process-figures.ts";
import type { Settings } from "./settings.ts";
import { type Interval, medianWithInterval, quantile } from "./statistics.ts";

export interface HitResult {
  readonly era: Era;
  readonly characters: number;
  readonly calls: number;
  readonly p50: Interval;
  readonly p95: Interval;
  readonly cpuMs: Interval;
  /** The upstream itself, asked for the same. */
  readonly directP50: Interval;
}

interface Sample {
  readonly p50: number;
  readonly p95: number;
  readonly cpuMs: number;
}

/** The sizes of answers; the first is what most tools give. */
export const SIZES = [100, 100_000, 1_000_000] as const;

/** The same call again and again, of a tool that the configuration lists as cacheable. */
export async function measureHits(
  variant: Variant,
  settings: Settings,
): Promise<{ readonly hits: HitResult[]; readonly checks: Check[] }> {
  const direct = await startDirect();
  const bridge = await startEchoBridge("stdio", variant);
  try {
    const hits: HitResult[] = [];
    for (const era of settings.eras) {
      for (const characters of SIZES) {
        progress(`cache hits, ${era}, ${characters} characters`);
        hits.push(await measureSize(bridge, direct, { era, characters, settings }));
      }
    }
    const reached = await checkUpstream("cache hits", bridge, SIZES.length);
    await bridge.stop();
    return { hits, checks: [reached, ...checkRecords("cache hits", bridge)] };
  } finally {
    await bridge.stop();
    bridge.remove();
    await direct.stop();
  }
}

interface Size {
  readonly era: Era;
  readonly characters: number;
  readonly settings: Settings;
}

async function measureSize(bridge: Peer, direct: Peer, size: Size): Promise<HitResult> {
  const { era, characters, settings } = size;
  // All rounds together as many as one round of the others: the large answers take their time.
  const calls = Math.max(20, Math.ceil(settings.calls / settings.rounds));
  const hits: Sample[] = [];
  const directs: Sample[] = [];
  for (let round = -1; round < settings.rounds; round += 1) {
    const hit = await measure(bridge, { era, characters, calls });
    const other = await measure(direct, { era, characters, calls });
    // The first round fills the cache.
    if (round < 0) continue;
    hits.push(hit);
    directs.push(other);
  }
  const over = (samples: readonly Sample[], figure: keyof Sample) =>
    medianWithInterval(samples.map((sample) => sample[figure]));
  return {
    ...{ era, characters, calls },
    p50: over(hits, "p50"),
    p95: over(hits, "p95"),
    cpuMs: over(hits, "cpuMs"),
    directP50: over(directs, "p50"),
  };
}

async function measure(
  peer: Peer,
  { era, characters, calls }: Omit<Size, "settings"> & { readonly calls: number },
): Promise<Sample> {
  // The end of the text, too, so that no answer that was cut off passes.
  const expected = `${"x".repeat(Math.min(100, characters))}"}`;
  const callOf = () => ({ args: { characters }, expected });
  const before = cpuMilliseconds(peer.pid);
  const { latencies } = await runLoad({ peer, era, tool: "page", calls, concurrency: 1, callOf });
  const cpuMs = (cpuMilliseconds(peer.pid) - before) / calls;
  return { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), cpuMs };
}
