import { setTimeout as wait } from "node:timers/promises";
import { progress } from "../measure.ts";
import { type BridgePeer, startEchoBridge } from "./bridge.ts";
import { type Check, checkUpstream, equality } from "./checks.ts";
import { type Era, RawClient } from "./client.ts";
import type { Variant } from "./installation.ts";
import { runLoad } from "./load.ts";
import type { Peer, UpstreamKind } from "./peers.ts";
import { cpuMilliseconds } from "./process-figures.ts";
import type { Settings } from "./settings.ts";
import { type Interval, medianWithInterval, ratioWithInterval } from "./statistics.ts";
import { startWatchedBridge, type WatchedBridge } from "./watched-bridge.ts";

/** One bridge with its surfaces on, beside the same bridge without. */
export interface SurfaceResult {
  readonly kind: UpstreamKind;
  readonly era: Era;
  readonly concurrency: number;
  readonly callsPerSecond: Interval;
  readonly plainCallsPerSecond: Interval;
  readonly cpuMs: Interval;
  /** Ratios of the same round. */
  readonly ofPlain: Interval;
  readonly cpuOfPlain: Interval;
  /** What was told of each call. */
  readonly spansPerCall: number;
  readonly eventsPerCall: number;
}

interface Sample {
  readonly callsPerSecond: number;
  readonly cpuMs: number;
}

const CONCURRENCY = 16;
/** What is told of a round is sent within a second, and is no part of the next round. */
const AFTERWARDS_MS = 1_100;
/** Calls of a stranger in a round: each is refused, and is news for the audit log. */
const REFUSED = 20;

/** What access by keys, the audit log and all that watches cost together, by turns with the same bridge without them. */
export async function measureSurfaces(
  variant: Variant,
  settings: Settings,
): Promise<{ readonly surfaces: SurfaceResult[]; readonly checks: Check[] }> {
  const surfaces: SurfaceResult[] = [];
  const checks: Check[] = [];
  for (const kind of settings.kinds) {
    const plain = await startEchoBridge(kind, variant);
    const watched = await startWatchedBridge(kind, variant);
    try {
      for (const era of settings.eras) {
        progress(`surfaces, ${kind}, ${era}`);
        surfaces.push(await measureEra({ plain, watched }, { kind, era }, settings));
      }
      checks.push(
        await checkUpstream(`surfaces, ${kind}`, watched),
        ...(await checkTold(kind, watched)),
      );
    } finally {
      for (const bridge of [plain, watched]) {
        await bridge.stop();
        bridge.remove();
      }
    }
  }
  return { surfaces, checks };
}

interface Pair {
  readonly plain: BridgePeer;
  readonly watched: WatchedBridge;
}

async function measureEra(
  { plain, watched }: Pair,
  { kind, era }: Pick<SurfaceResult, "kind" | "era">,
  { rounds, calls }: Settings,
): Promise<SurfaceResult> {
  const before = await watched.watched();
  const [on, off]: [Sample[], Sample[]] = [[], []];
  // One round to warm up, not counted.
  for (let round = -1; round < rounds; round += 1) {
    const turns = [
      { peer: plain, samples: off },
      { peer: watched, samples: on },
    ];
    for (const { peer, samples } of round % 2 === 0 ? turns : turns.reverse()) {
      const sample = await measure(peer, era, calls);
      if (round >= 0) samples.push(sample);
    }
    await refuse(watched);
  }
  const after = await watched.watched();
  const told = calls * (rounds + 1);
  const of = (samples: readonly Sample[], figure: keyof Sample) =>
    samples.map((sample) => sample[figure]);
  return {
    ...{ kind, era, concurrency: CONCURRENCY },
    callsPerSecond: medianWithInterval(of(on, "callsPerSecond")),
    plainCallsPerSecond: medianWithInterval(of(off, "callsPerSecond")),
    cpuMs: medianWithInterval(of(on, "cpuMs")),
    ofPlain: ratioWithInterval(of(on, "callsPerSecond"), of(off, "callsPerSecond")),
    cpuOfPlain: ratioWithInterval(of(on, "cpuMs"), of(off, "cpuMs")),
    spansPerCall: (after.spans - before.spans) / told,
    eventsPerCall: (after.events - before.events) / told,
  };
}

async function measure(peer: Peer, era: Era, calls: number): Promise<Sample> {
  const before = cpuMilliseconds(peer.pid);
  const load = { peer, era, tool: "echo", calls, concurrency: CONCURRENCY } as const;
  const { callsPerSecond } = await runLoad(load);
  await wait(AFTERWARDS_MS);
  return { callsPerSecond, cpuMs: (cpuMilliseconds(peer.pid) - before) / calls };
}

/** A stranger tries, between the rounds. */
async function refuse({ url, strangersKey, prefix }: WatchedBridge): Promise<void> {
  const client = new RawClient(url, "modern", strangersKey);
  for (let call = 0; call < REFUSED; call += 1) {
    const body = await client.call(`${prefix}echo`, { text: "let me in" });
    if (!body.includes("error")) throw new Error(`A stranger was let in: ${body.slice(0, 300)}`);
  }
  client.close();
}

async function checkTold(kind: UpstreamKind, watched: WatchedBridge): Promise<Check[]> {
  const { exports, scrapes } = await watched.watched();
  const isTold = (count: number) => (count > 0 ? "some" : "none");
  return [
    equality(`surfaces, ${kind}: batches for the collector`, "some", isTold(exports)),
    equality(`surfaces, ${kind}: scrapes`, "some", isTold(scrapes)),
  ];
}
