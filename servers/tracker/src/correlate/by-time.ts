import { episodesOf, type Stream, type SystemEvent } from "./event.ts";
import type { Candidate, Tested } from "./finding.ts";
import { fisherTail, liftOf } from "./statistics.ts";

/** Quick reactions, and slow ones. */
const WIDTHS_MS = [30_000, 300_000];
/** Windows that the second may be later than the first. */
const LAGS = [0, 1, 2];
/** A time without anything at all was not observed: nights would make everything of the day belong together. */
const UNOBSERVED_MS = 3_600_000;
const MOST_EXAMPLES = 3;

export interface TimeOptions {
  readonly leastSupport: number;
  readonly allEvents: readonly SystemEvent[];
}

interface Windows {
  readonly stream: Stream;
  /** Of each window the first event of an episode in it. */
  readonly first: ReadonlyMap<number, SystemEvent>;
}

/** Pairs of streams of which one follows the other, in windows that stand side by side. */
export function testTimes(streams: readonly Stream[], options: TimeOptions): Tested {
  const all = WIDTHS_MS.map((width) => testWidth(streams, width, options));
  return {
    candidates: all.flatMap(({ candidates }) => candidates),
    tests: all.reduce((sum, { tests }) => sum + tests, 0),
  };
}

function testWidth(streams: readonly Stream[], width: number, options: TimeOptions): Tested {
  const observed = observedWindows(options.allEvents, width);
  const windows = streams
    .map((stream) => windowsOf(stream, width))
    .filter(({ first }) => first.size >= options.leastSupport);
  const streamsIn = streamsOfWindows(windows);
  const candidates: Candidate[] = [];
  for (const lag of LAGS) {
    const { leastSupport } = options;
    const pairs = together(streamsIn, { lag, streams: windows.length, leastSupport });
    for (const { at, other, count } of pairs) {
      const [first, second] = [windows[at], windows[other]];
      if (first === undefined || second === undefined) continue;
      candidates.push(toCandidate({ first, second, lag, width }, { count, observed }));
    }
  }
  // Without a lag there is no order: each pair once.
  const pairs = windows.length * (windows.length - 1);
  const tests = LAGS.reduce((sum, lag) => sum + (lag === 0 ? pairs / 2 : pairs), 0);
  return { candidates, tests };
}

interface Pair {
  readonly at: number;
  readonly other: number;
  /** Windows that have both. */
  readonly count: number;
}

interface Together {
  /** Windows that the second is behind the first. */
  readonly lag: number;
  /** How many there are. */
  readonly streams: number;
  readonly leastSupport: number;
}

/**
 * Pairs of which the second is in the window so many behind one of the first, often enough to be tested: of all pairs
 * hardly any is ever in one window, so they are found by the windows.
 */
function together(
  streamsIn: ReadonlyMap<number, readonly number[]>,
  { lag, streams, leastSupport }: Together,
): Pair[] {
  const counts = new Uint32Array(streams * streams);
  for (const [window, here] of streamsIn) {
    const there = streamsIn.get(window + lag) ?? [];
    for (const one of here) {
      for (const other of there) {
        if (one === other || (lag === 0 && other < one)) continue;
        counts[one * streams + other] = (counts[one * streams + other] ?? 0) + 1;
      }
    }
  }
  const pairs: Pair[] = [];
  for (let pair = 0; pair < counts.length; pair += 1) {
    const count = counts[pair] ?? 0;
    if (count < leastSupport) continue;
    pairs.push({ at: Math.floor(pair / streams), other: pair % streams, count });
  }
  return pairs;
}

/** Of each window which streams are in it. */
function streamsOfWindows(windows: readonly Windows[]): Map<number, number[]> {
  const streamsIn = new Map<number, number[]>();
  for (const [at, { first }] of windows.entries()) {
    for (const window of first.keys()) {
      const list = streamsIn.get(window);
      if (list) list.push(at);
      else streamsIn.set(window, [at]);
    }
  }
  return streamsIn;
}

interface WindowPair {
  readonly first: Windows;
  readonly second: Windows;
  readonly lag: number;
  readonly width: number;
}

function toCandidate(
  pair: WindowPair,
  { count, observed }: { readonly count: number; readonly observed: number },
): Candidate {
  const { first, second } = pair;
  const overlap = {
    both: count,
    first: first.first.size,
    second: second.first.size,
    all: Math.max(observed, first.first.size, second.first.size),
  };
  return {
    ...{ kind: "time", first: first.stream, second: second.stream },
    support: count,
    lift: liftOf(overlap),
    pValue: fisherTail(overlap),
    tell: () => tell(pair),
  };
}

function tell({ first, second, lag, width }: WindowPair): ReturnType<Candidate["tell"]> {
  const pairs: (readonly [SystemEvent, SystemEvent])[] = [];
  for (const [window, event] of first.first) {
    const match = second.first.get(window + lag);
    if (match !== undefined) pairs.push([event, match]);
  }
  const lagMs = medianOf(pairs.map(([a, b]) => b.at - a.at));
  // In one window, the order is that of time.
  const isTurned = lagMs < 0;
  const [from, to] = isTurned ? [second, first] : [first, second];
  const ordered = isTurned ? pairs.map(([a, b]) => [b, a] as const) : pairs;
  return {
    kind: "time",
    first: sideOf(from.stream),
    second: sideOf(to.stream),
    lagMs: Math.abs(lagMs),
    windowMs: width,
    examples: ordered
      .slice(-MOST_EXAMPLES)
      .reverse()
      .map(([a, b]) => [a.recordId, b.recordId]),
  };
}

function windowsOf(stream: Stream, width: number): Windows {
  const first = new Map<number, SystemEvent>();
  for (const event of episodesOf(stream.events, width)) {
    const window = Math.floor(event.at / width);
    if (!first.has(window)) first.set(window, event);
  }
  return { stream, first };
}

/** How many windows there are, without long times in which nothing at all happened. */
function observedWindows(events: readonly SystemEvent[], width: number): number {
  const times = events.map(({ at }) => at).sort((a, b) => a - b);
  let observed = 0;
  for (const [index, at] of times.entries()) {
    const gap = at - (times[index - 1] ?? at);
    observed += Math.min(gap, UNOBSERVED_MS);
  }
  return Math.max(1, Math.ceil(observed / width));
}

function sideOf({ component, group }: Stream) {
  return { component, group };
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
