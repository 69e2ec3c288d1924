import { episodesOf, type Stream, type SystemEvent, streamsOf } from "./event.ts";
import { adjusted, fisherTail, liftOf } from "./statistics.ts";

/** What `correlate` finds, in the words of its definition: each pair by itself, nothing left out, nothing shared. */
export interface PlainFinding {
  readonly kind: string;
  readonly sides: readonly string[];
  readonly support: number;
  readonly lift: number;
  readonly pValue: number;
  readonly falseDiscoveryRate: number;
}

const LEAST = 5;
const HOUR_MS = 3_600_000;

type Tried = Omit<PlainFinding, "falseDiscoveryRate">;

export function plainCorrelate(events: readonly SystemEvent[], rate: number): PlainFinding[] {
  const streams = streamsOf(events, { least: LEAST, most: 100 });
  const tried = [
    ...[30_000, 300_000].flatMap((width) => byTime(streams, events, width)),
    ...(["session", "file", "commit", "host"] as const).flatMap((key) =>
      byKey(streams, events, key),
    ),
  ];
  const shared = tried.filter(({ support }) => support >= LEAST);
  const rates = adjusted(
    shared.map(({ pValue }) => pValue),
    tried.length,
  );
  const found = new Map<string, PlainFinding>();
  const certain = shared
    .map((each, at) => ({ ...each, falseDiscoveryRate: rates[at] ?? 1 }))
    .filter(({ falseDiscoveryRate, lift }) => falseDiscoveryRate <= rate && lift > 1)
    .toSorted((a, b) => a.pValue - b.pValue);
  for (const each of certain) {
    const name = [each.kind, ...each.sides].join("\n");
    if (!found.has(name)) found.set(name, each);
  }
  return [...found.values()];
}

function byTime(streams: readonly Stream[], all: readonly SystemEvent[], width: number): Tried[] {
  const windows = streams
    .map((stream) => ({
      stream,
      at: new Set(episodesOf(stream.events, width).map(({ at }) => Math.floor(at / width))),
    }))
    .filter(({ at }) => at.size >= LEAST);
  const times = all.map(({ at }) => at).toSorted((a, b) => a - b);
  const gaps = times.slice(1).map((at, n) => Math.min(HOUR_MS, at - (times[n] ?? at)));
  const observed = Math.max(1, Math.ceil(gaps.reduce((sum, gap) => sum + gap, 0) / width));
  return [0, 1, 2].flatMap((lag) =>
    windows.flatMap((first, n) =>
      windows.flatMap((second, m): Tried[] => {
        if (n === m || (lag === 0 && m < n)) return [];
        const both = [...first.at].filter((window) => second.at.has(window + lag)).length;
        const most = Math.max(observed, first.at.size, second.at.size);
        const overlap = { both, first: first.at.size, second: second.at.size, all: most };
        return [toTried("time", [first.stream, second.stream], overlap)];
      }),
    ),
  );
}

function byKey(
  streams: readonly Stream[],
  all: readonly SystemEvent[],
  key: "session" | "file" | "commit" | "host",
): Tried[] {
  const values = new Set(all.flatMap(({ keys }) => keys?.[key] ?? []));
  const places = streams
    .map((stream) => ({
      stream,
      at: new Set(stream.events.flatMap(({ keys }) => keys?.[key] ?? [])),
    }))
    .filter(({ at }) => at.size >= LEAST);
  return places.flatMap((first, n) =>
    places.slice(n + 1).map((second) => {
      const both = [...first.at].filter((value) => second.at.has(value)).length;
      const overlap = { both, first: first.at.size, second: second.at.size, all: values.size };
      return toTried(key, [first.stream, second.stream], overlap);
    }),
  );
}

function toTried(
  kind: string,
  streams: readonly Stream[],
  overlap: Parameters<typeof fisherTail>[0],
): Tried {
  return {
    kind,
    sides: streams.map(({ component, group }) => `${component} ${group}`).toSorted(),
    support: overlap.both,
    lift: liftOf(overlap),
    pValue: overlap.both < LEAST ? 1 : fisherTail(overlap),
  };
}
