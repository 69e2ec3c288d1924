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
  readonly peer: string;
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
    const told = await startWatchedBridge(kind, variant, { feed: false });
    const read = await startWatchedBridge(kind, variant, { feed: true });
    try {
      for (const era of settings.eras) {
        progress(`surfaces, ${kind}, ${era}`);
        surfaces.push(...(await measureEra([plain, told, read], { kind, era }, settings)));
      }
      for (const watched of [told, read]) {
        const name = `${watched.name}, ${kind}`;
        checks.push(await checkUpstream(name, watched), ...(await checkTold(name, watched)));
      }
    } finally {
      for (const bridge of [plain, told, read]) {
        await bridge.stop();
        bridge.remove();
      }
    }
  }
  return { surfaces, checks };
}

type Peers = readonly [plain: BridgePeer, told: WatchedBridge, read: WatchedBridge];

/** One result per watched bridge. */
async function measureEra(
  peers: Peers,
  { kind, era }: Pick<SurfaceResult, "kind" | "era">,
  { rounds, calls }: Settings,
): Promise<SurfaceResult[]> {
  const [plain, ...watched] = peers;
  const before = await Promise.all(watched.map((each) => each.watched()));
  const samples = new Map<BridgePeer, Sample[]>(peers.map((peer) => [peer, []]));
  // One round to warm up, not counted.
  for (let round = -1; round < rounds; round += 1) {
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
      const sample = await measure(peer, era, calls);
      if (round >= 0) samples.get(peer)?.push(sample);
    }
    for (const each of watched) await refuse(each);
  }
  const of = (peer: BridgePeer, figure: keyof Sample) =>
    (samples.get(peer) ?? []).map((sample) => sample[figure]);
  const toldOf = calls * (rounds + 1);
  return Promise.all(
    watched.map(async (peer, index): Promise<SurfaceResult> => {
      const { spans, events } = await peer.watched();
      const earlier = before[index] ?? { spans: 0, events: 0 };
      return {
        ...{ peer: peer.name, kind, era, concurrency: CONCURRENCY },
        callsPerSecond: medianWithInterval(of(peer, "callsPerSecond")),
        plainCallsPerSecond: medianWithInterval(of(plain, "callsPerSecond")),
        cpuMs: medianWithInterval(of(peer, "cpuMs")),
        ofPlain: ratioWithInterval(of(peer, "callsPerSecond"), of(plain, "callsPerSecond")),
        cpuOfPlain: ratioWithInterval(of(peer, "cpuMs"), of(plain, "cpuMs")),
        spansPerCall: (spans - earlier.spans) / toldOf,
        eventsPerCall: (events - earlier.events) / toldOf,
      };
    }),
  );
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

async function checkTold(name: string, watched: WatchedBridge): Promise<Check[]> {
  const { exports, scrapes } = await watched.watched();
  const isTold = (count: number) => (count > 0 ? "some" : "none");
  return [
    equality(`${name}: batches for the collector`, "some", isTold(exports)),
    equality(`${name}: scrapes`, "some", isTold(scrapes)),
  ];
}
