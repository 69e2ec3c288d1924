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
  const candidates: Candidate[] = [];
  for (const lag of LAGS) {
    for (const [at, other] of together(windows, lag, options.leastSupport)) {
      const [first, second] = [windows[at], windows[other]];
      if (first === undefined || second === undefined) continue;
      const found = testPair(first, second, { lag, width, observed, ...options });
      if (found !== undefined) candidates.push(found);
    }
  }
  // Without a lag there is no order: each pair once.
  const pairs = windows.length * (windows.length - 1);
  const tests = LAGS.reduce((sum, lag) => sum + (lag === 0 ? pairs / 2 : pairs), 0);
  return { candidates, tests };
}

/**
 * Pairs of which the second is in the window so many behind one of the first, often enough to be tested: of all pairs
 * hardly any is ever in one window, so they are found by the windows.
 */
function together(
  streams: readonly Windows[],
  lag: number,
  leastSupport: number,
): readonly (readonly [number, number])[] {
  const inWindow = new Map<number, number[]>();
  for (const [at, { first }] of streams.entries()) {
    for (const window of first.keys()) {
      const list = inWindow.get(window);
      if (list) list.push(at);
      else inWindow.set(window, [at]);
    }
  }
  const counts = new Map<number, number>();
  for (const [window, here] of inWindow) {
    const there = inWindow.get(window + lag) ?? [];
    for (const one of here) {
      for (const other of there) {
        if (one === other || (lag === 0 && other < one)) continue;
        const pair = one * streams.length + other;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
  }
  return [...counts]
    .filter(([, count]) => count >= leastSupport)
    .map(([pair]) => pair)
    .sort((a, b) => a - b)
    .map((pair) => [Math.floor(pair / streams.length), pair % streams.length] as const);
}

interface PairTest {
  readonly lag: number;
  readonly width: number;
  readonly observed: number;
  readonly leastSupport: number;
}

function testPair(first: Windows, second: Windows, test: PairTest): Candidate | undefined {
  const { lag, width, observed, leastSupport } = test;
  const pairs: (readonly [SystemEvent, SystemEvent])[] = [];
  for (const [window, event] of first.first) {
    const match = second.first.get(window + lag);
    if (match !== undefined) pairs.push([event, match]);
  }
  if (pairs.length < leastSupport) return undefined;
  const overlap = {
    both: pairs.length,
    first: first.first.size,
    second: second.first.size,
    all: Math.max(observed, first.first.size, second.first.size),
  };
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
    support: pairs.length,
    lift: liftOf(overlap),
    pValue: fisherTail(overlap),
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
