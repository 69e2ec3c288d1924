import type { QueryCounts } from "../analytics/queries.ts";
import type { RequestCounts } from "./counting-store.ts";

/** What this process did since it began, or since a sample was taken. */
export interface Meter {
  /** Counts an operation and how it ended. */
  count(operation: string, failed?: boolean): void;
  /** Counts a search: how long it took in milliseconds, and how much it found. */
  search(ms: number, hits: number): void;
  read(): MeterReading;
}

export interface MeterReading {
  readonly operations: Readonly<Record<string, OperationCount>>;
  readonly searches: SearchCounts;
}

export interface OperationCount {
  readonly count: number;
  readonly failed: number;
}

export interface SearchCounts {
  readonly count: number;
  /** Found nothing. */
  readonly empty: number;
  /** How many took at most so many milliseconds: counts for each of `LATENCY_STEPS`, and the slower ones last. */
  readonly latency: readonly number[];
}

/** Milliseconds. */
const LATENCY_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

/** What is kept of a process' work: what `mcp/metrics/` holds. */
export interface MetricsSample extends MeterReading {
  /** The most frequent first. */
  readonly queries: readonly QueryCounts[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly requests: RequestCounts;
}

export const NO_SEARCHES: SearchCounts = {
  count: 0,
  empty: 0,
  latency: new Array(LATENCY_STEPS.length + 1).fill(0),
};
export const NO_REQUESTS: RequestCounts = {
  classA: 0,
  classB: 0,
  free: 0,
  bytesWritten: 0,
  bytesRead: 0,
};

export function createMeter(): Meter {
  const operations = new Map<string, { count: number; failed: number }>();
  const latency = [...NO_SEARCHES.latency];
  let [count, empty] = [0, 0];
  return {
    count(operation, failed = false) {
      const known = operations.get(operation) ?? { count: 0, failed: 0 };
      known.count += 1;
      if (failed) known.failed += 1;
      operations.set(operation, known);
    },
    search(ms, hits) {
      count += 1;
      if (hits === 0) empty += 1;
      const step = LATENCY_STEPS.findIndex((most) => ms <= most);
      const at = step < 0 ? LATENCY_STEPS.length : step;
      latency[at] = (latency[at] ?? 0) + 1;
    },
    read: () => ({
      operations: Object.fromEntries([...operations].map(([name, each]) => [name, { ...each }])),
      searches: { count, empty, latency: [...latency] },
    }),
  };
}

/** The slowest of the fastest `share`, in milliseconds, as precise as the steps are; undefined without searches. */
export function percentile({ count, latency }: SearchCounts, share: number): number | undefined {
  if (count === 0) return undefined;
  let seen = 0;
  for (const [at, here] of latency.entries()) {
    seen += here;
    if (seen >= share * count) return LATENCY_STEPS[at] ?? LATENCY_STEPS.at(-1);
  }
  return LATENCY_STEPS.at(-1);
}

export function addReadings(first: MeterReading, second: MeterReading): MeterReading {
  const names = new Set([...Object.keys(first.operations), ...Object.keys(second.operations)]);
  const operations = [...names].map((name) => {
    const [one, other] = [first.operations[name], second.operations[name]];
    const count = (one?.count ?? 0) + (other?.count ?? 0);
    return [name, { count, failed: (one?.failed ?? 0) + (other?.failed ?? 0) }] as const;
  });
  const { searches } = first;
  return {
    operations: Object.fromEntries(operations),
    searches: {
      count: searches.count + second.searches.count,
      empty: searches.empty + second.searches.empty,
      latency: searches.latency.map((here, at) => here + (second.searches.latency[at] ?? 0)),
    },
  };
}

/** What was added since an earlier reading of the same meter. */
export function readingSince(now: MeterReading, before: MeterReading): MeterReading {
  const negative: MeterReading = {
    operations: Object.fromEntries(
      Object.entries(before.operations).map(([name, { count, failed }]) => [
        name,
        { count: -count, failed: -failed },
      ]),
    ),
    searches: {
      count: -before.searches.count,
      empty: -before.searches.empty,
      latency: before.searches.latency.map((count) => -count),
    },
  };
  return addReadings(now, negative);
}

export function addRequests(first: RequestCounts, second: RequestCounts): RequestCounts {
  return {
    classA: first.classA + second.classA,
    classB: first.classB + second.classB,
    free: first.free + second.free,
    bytesWritten: first.bytesWritten + second.bytesWritten,
    bytesRead: first.bytesRead + second.bytesRead,
  };
}

export function requestsSince(now: RequestCounts, before: RequestCounts): RequestCounts {
  return {
    classA: now.classA - before.classA,
    classB: now.classB - before.classB,
    free: now.free - before.free,
    bytesWritten: now.bytesWritten - before.bytesWritten,
    bytesRead: now.bytesRead - before.bytesRead,
  };
}
