import type { Row } from "../measure.ts";
import type { PeerResult } from "./cells.ts";
import type { Check } from "./checks.ts";
import { type HitResult, SIZES } from "./hits.ts";
import type { MemoryResult } from "./memory.ts";
import type { UpstreamKind } from "./peers.ts";
import { MANY, NEXT_START, type StartResult } from "./start.ts";
import { type Interval, showInterval } from "./statistics.ts";
import type { SurfaceResult } from "./surfaces.ts";

export interface Results {
  readonly cells: readonly PeerResult[];
  readonly hits: readonly HitResult[];
  readonly surfaces: readonly SurfaceResult[];
  readonly memory: readonly MemoryResult[];
  readonly starts: readonly StartResult[];
  readonly checks: readonly Check[];
}

interface Target {
  readonly what: string;
  readonly bound: "at most" | "at least";
  readonly target: number;
  readonly figure: Interval;
  /** A miss makes the run fail. */
  readonly isGate: boolean;
}

interface Bound extends Pick<Target, "bound" | "isGate"> {
  readonly what: string;
  readonly figure: keyof PeerResult["timesFloor"];
  readonly concurrencies: readonly number[];
  readonly of: Readonly<Record<UpstreamKind, number>>;
}

/** Of the bridge with every policy on, as ratios to the floor of the same round. */
const bounds: readonly Bound[] = [
  {
    what: "CPU per call",
    figure: "CPU ms",
    concurrencies: [16],
    bound: "at most",
    of: { stdio: 2.2, http: 1.9 },
    isGate: true,
  },
  {
    what: "CPU per call",
    figure: "CPU ms",
    concurrencies: [1, 64],
    bound: "at most",
    of: { stdio: 2.2, http: 1.9 },
    isGate: false,
  },
  {
    what: "calls/s",
    figure: "calls/s",
    concurrencies: [64],
    bound: "at least",
    of: { stdio: 0.55, http: 0.6 },
    isGate: false,
  },
  {
    what: "p50",
    figure: "p50 ms",
    concurrencies: [1],
    bound: "at most",
    of: { stdio: 1.5, http: 1.3 },
    isGate: false,
  },
  {
    what: "p99",
    figure: "p99 ms",
    concurrencies: [64],
    bound: "at most",
    of: { stdio: 1.5, http: 1.5 },
    isGate: false,
  },
];

/** Targets that are no ratios. */
const HIT_MS = 1;
const IDLE_MB = 90;
const LOADED_MB = 150;
const KNOWN_START_MS = 200;
/** What is left of the calls per second where everything watches. */
const SURFACES_LEAVE = 0.75;
/** The floor must be a fair one: so much of what can be had without a gateway. */
const FLOOR_OF_DIRECT = 0.4;

/** Every target, the gate first. Of the memory figures those of the `bridge` of this name are judged. */
export function judge(
  results: Results,
  bridge: string,
): { readonly rows: Row[]; readonly failures: string[] } {
  const targets = [
    ...bounds.flatMap((bound) => ofBound(bound, results.cells)),
    ...ofSurfaces(results.surfaces),
    ...ofFloor(results.cells),
    ...ofRest(results, bridge),
  ];
  const failedChecks = results.checks.filter(({ isMet }) => !isMet);
  return {
    rows: targets.map(toRow),
    failures: [
      ...targets
        .filter((target) => target.isGate && !isMet(target))
        .map(
          ({ what, figure, target }) =>
            `The gate is missed: ${what} is ${figure.median.toFixed(2)}, not ${target}.`,
        ),
      ...failedChecks.map(
        ({ what, expected, found }) => `${what}: expected ${expected}, found ${found}.`,
      ),
    ],
  };
}

function ofBound(
  { what, figure, concurrencies, of, ...bound }: Bound,
  cells: readonly PeerResult[],
): Target[] {
  return cells
    .filter(({ peer, concurrency }) => peer === "bridge" && concurrencies.includes(concurrency))
    .map(({ kind, era, concurrency, timesFloor }) => ({
      ...bound,
      what: `${what} ×floor, ${kind}, ${era}, c=${concurrency}`,
      target: of[kind],
      figure: timesFloor[figure],
    }));
}

function ofSurfaces(surfaces: readonly SurfaceResult[]): Target[] {
  return surfaces.map(({ peer, kind, era, concurrency, eventsPerCall, ofPlain }) => ({
    what: `${peer}: calls/s ×without, ${kind}, ${era}, c=${concurrency}`,
    bound: "at least",
    target: SURFACES_LEAVE,
    figure: ofPlain,
    isGate: eventsPerCall === 0,
  }));
}

function ofFloor(cells: readonly PeerResult[]): Target[] {
  return cells
    .filter(
      ({ peer, kind, concurrency }) => peer === "floor" && kind === "http" && concurrency === 64,
    )
    .map(({ era, concurrency, timesDirect }) => ({
      what: `the floor is a fair one: calls/s ×direct, http, ${era}, c=${concurrency}`,
      bound: "at least",
      target: FLOOR_OF_DIRECT,
      figure: timesDirect["calls/s"],
      isGate: false,
    }));
}

function ofRest({ hits, memory, starts }: Results, bridge: string): Target[] {
  const atMost = (what: string, target: number, figure: Interval): Target => ({
    ...{ what, target, figure },
    bound: "at most",
    isGate: false,
  });
  const small = hits.filter(({ characters }) => characters === SIZES[0]);
  const judged = memory.filter(({ peer }) => peer === bridge);
  const known = starts.filter(({ what, upstreams }) => what === NEXT_START && upstreams === MANY);
  return [
    ...small.flatMap(({ era, p50, p95 }) => [
      atMost(`cache hit, p50 ms, ${era}`, HIT_MS, p50),
      atMost(`cache hit, p95 ms, ${era}`, HIT_MS, p95),
    ]),
    ...judged.flatMap(({ kind, idle, loaded }) => [
      atMost(`RSS MB idle, ${kind}`, IDLE_MB, exactly(idle)),
      atMost(`RSS MB after the calls, ${kind}`, LOADED_MB, exactly(loaded)),
    ]),
    ...known.map(({ ms }) =>
      atMost(`start ms with ${MANY} servers, known home`, KNOWN_START_MS, ms),
    ),
  ];
}

function exactly(value: number): Interval {
  return { median: value, low: value, high: value };
}

function isMet({ bound, target, figure }: Target): boolean {
  return bound === "at most" ? figure.median <= target : figure.median >= target;
}

function toRow(each: Target): Row {
  const { what, bound, target, figure, isGate } = each;
  const isUnsure = figure.low <= target && target <= figure.high && figure.low !== figure.high;
  const verdict = isMet(each) ? "met" : "NOT MET";
  return {
    target: what,
    bound: `${bound} ${target}`,
    figure: showInterval(figure),
    verdict: `${verdict}${isUnsure ? ", within the noise" : ""}${isGate ? " (gate)" : ""}`,
  };
}
