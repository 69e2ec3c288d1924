import type { KeyKind, Stream, SystemEvent } from "./event.ts";
import type { Candidate, Tested } from "./finding.ts";
import { fisherTail, liftOf } from "./statistics.ts";

const KINDS: readonly KeyKind[] = ["session", "file", "commit", "host"];
const MOST_EXAMPLES = 3;
const MOST_SHARED = 5;

export interface KeyOptions {
  readonly leastSupport: number;
  /** All there are, also of streams that are too rare to test: they tell how many sessions there were. */
  readonly allEvents: readonly SystemEvent[];
}

/** Pairs of streams that are found at the same sessions, files, commits or hosts. */
export function testKeys(streams: readonly Stream[], options: KeyOptions): Tested {
  const all = KINDS.map((kind) => testKind(streams, kind, options));
  return {
    candidates: all.flatMap(({ candidates }) => candidates),
    tests: all.reduce((sum, { tests }) => sum + tests, 0),
  };
}

function testKind(
  streams: readonly Stream[],
  kind: KeyKind,
  { leastSupport, allEvents }: KeyOptions,
): Tested {
  const values = new Set(allEvents.flatMap(({ keys }) => keys?.[kind] ?? []));
  const places = streams
    .map((stream) => ({ stream, at: placesOf(stream, kind) }))
    .filter(({ at }) => at.size >= leastSupport);
  const candidates: Candidate[] = [];
  for (const { first, second, count } of pairsOf(places, leastSupport)) {
    const overlap = {
      both: count,
      first: first.at.size,
      second: second.at.size,
      all: values.size,
    };
    candidates.push({
      ...{ kind, first: first.stream, second: second.stream },
      support: count,
      lift: liftOf(overlap),
      pValue: fisherTail(overlap),
      tell: () => tell(kind, first, second),
    });
  }
  return { candidates, tests: (places.length * (places.length - 1)) / 2 };
}

function tell(key: KeyKind, first: Place, second: Place): ReturnType<Candidate["tell"]> {
  const shared = [...first.at.keys()].filter((value) => second.at.has(value));
  return {
    kind: "key",
    key,
    first: { component: first.stream.component, group: first.stream.group },
    second: { component: second.stream.component, group: second.stream.group },
    shared: shared.slice(-MOST_SHARED).reverse(),
    examples: shared
      .slice(-MOST_EXAMPLES)
      .reverse()
      .map((value) => [first.at.get(value) ?? "", second.at.get(value) ?? ""]),
  };
}

interface Place {
  readonly stream: Stream;
  readonly at: ReadonlyMap<string, string>;
}

/** Those that share so many: found by what they share, since hardly any pair shares anything. */
function* pairsOf(
  places: readonly Place[],
  leastSupport: number,
): Generator<{ readonly first: Place; readonly second: Place; readonly count: number }> {
  const having = new Map<string, number[]>();
  for (const [index, { at }] of places.entries()) {
    for (const value of at.keys()) {
      const list = having.get(value);
      if (list) list.push(index);
      else having.set(value, [index]);
    }
  }
  for (const [index, first] of places.entries()) {
    const counts = new Uint32Array(places.length);
    for (const value of first.at.keys()) {
      for (const other of having.get(value) ?? []) counts[other] = (counts[other] ?? 0) + 1;
    }
    for (const [other, count] of counts.entries()) {
      const second = places[other];
      if (second !== undefined && other > index && count >= leastSupport) {
        yield { first, second, count };
      }
    }
  }
}

/** Of each session, file, … where the stream was, a record that shows it. */
function placesOf({ events }: Stream, kind: KeyKind): Map<string, string> {
  const places = new Map<string, string>();
  for (const { keys, recordId } of events) {
    for (const value of keys?.[kind] ?? []) places.set(value, recordId);
  }
  return places;
}
