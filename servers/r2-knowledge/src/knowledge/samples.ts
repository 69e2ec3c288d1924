import type { Clock, Logger } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";
import * as z from "zod";
import { queryCounts, sumQueries } from "../analytics/queries.ts";
import type { QueryLog } from "../analytics/query-log.ts";
import { type Activity, activityOf } from "../analytics/usage.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { decodeRecord, encodeRecord } from "../records/encode.ts";
import { type Ids, idFloor } from "../records/ids.ts";
import { recordKey, recordPrefix } from "../records/keys.ts";
import type { CountingStore } from "./counting-store.ts";
import { eachAtMost } from "./each-at-most.ts";
import {
  addReadings,
  addRequests,
  type Meter,
  type MetricsSample,
  NO_REQUESTS,
  NO_SEARCHES,
  readingSince,
  requestsSince,
} from "./meter.ts";

/** What all processes did, as far as they told: each writes a sample now and then, and when it ends. */
export interface Samples {
  /** Writes what was done since the last sample. Failing to is no failure of anything else. */
  flush(): Promise<void>;
  /** The sum since a time, of this process up to now. */
  since(time: number, options?: { signal?: AbortSignal | undefined }): Promise<SampleSum>;
}

export interface SampleSum extends MetricsSample {
  /** How many samples it is made of, and whether there were more than were read. */
  readonly samples: number;
  readonly truncated: boolean;
  /** When how much was done, sample by sample. */
  readonly activity: readonly Activity[];
}

const count = z.int().min(0);
const sampleRecord = z.looseObject({
  id: z.string(),
  from: z.number(),
  to: z.number(),
  operations: z.record(z.string(), z.object({ count, failed: count })),
  searches: z.object({ count, empty: count, latency: z.array(count) }),
  queries: z.array(queryCounts).default([]),
  requests: z.object({
    classA: count,
    classB: count,
    free: count,
    bytesWritten: count,
    bytesRead: count,
  }),
});

const EVERY_MS = 15 * 60_000;
const MOST_READ = 500;

interface SampleParts {
  /** Whose requests are counted. */
  readonly counted: CountingStore;
  /** Through which samples go; they count as well. */
  readonly store: ObjectStore;
  readonly meter: Meter;
  readonly queries: QueryLog;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createSamples(parts: SampleParts): Samples & { close(): Promise<void> } {
  const { counted, store, meter, queries, ids, clock, log } = parts;
  let last = { at: clock.now(), reading: meter.read(), requests: counted.counts() };
  let cancelTimer = clock.after(EVERY_MS, tick);

  function tick(): void {
    void flush().finally(() => {
      cancelTimer = clock.after(EVERY_MS, tick);
    });
  }

  function current(): MetricsSample {
    return {
      from: last.at,
      to: clock.now(),
      ...readingSince(meter.read(), last.reading),
      queries: queries.read(),
      requests: requestsSince(counted.counts(), last.requests),
    };
  }

  async function flush(): Promise<void> {
    const sample = current();
    // Whoever did nothing for anybody has nothing to tell.
    if (Object.keys(sample.operations).length === 0) return;
    if (Object.values(sample.operations).every(({ count: done }) => done === 0)) return;
    const [before, taken] = [last, queries.take()];
    last = { at: sample.to, reading: meter.read(), requests: counted.counts() };
    const id = ids.next();
    const timestamp = new Date(sample.to).toISOString();
    const record = { id, timestamp, ...sample, queries: taken };
    try {
      const contentType = "application/json";
      await store.put(recordKey("metrics", id), encodeRecord(record), {
        when: "absent",
        contentType,
      });
    } catch (error) {
      last = before;
      queries.putBack(taken);
      log.debug("metrics not written", { error: messageOf(error) });
    }
  }

  const since: Samples["since"] = async (time, { signal } = {}) => {
    const { keys, truncated } = await keysSince(store, time, signal);
    const read = await eachAtMost(8, keys, (key) => readSample(store, key, signal));
    const samples = [...read.filter((sample) => sample !== undefined), current()];
    const own = samples.filter(({ to }) => to >= time);
    return {
      ...own.reduce(plus, nothing(time)),
      // At once: there may be very many.
      queries: sumQueries(own.flatMap((sample) => sample.queries)),
      activity: own.map(activityOf),
      ...{ samples: own.length, truncated },
    };
  };

  return {
    flush,
    since,
    async close() {
      cancelTimer();
      await flush();
    },
  };
}

async function keysSince(store: ObjectStore, time: number, signal: AbortSignal | undefined) {
  const prefix = recordPrefix("metrics");
  const keys: string[] = [];
  let after: string | undefined = `${prefix}${idFloor(time)}`;
  do {
    const page = await store.list(prefix, { after, signal });
    keys.push(...page.objects.map(({ key }) => key));
    after = page.next;
  } while (after !== undefined && keys.length <= MOST_READ * 4);
  return { keys: keys.slice(-MOST_READ), truncated: keys.length > MOST_READ };
}

/** Other tools keep records of their own there, which say nothing of requests. */
async function readSample(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<MetricsSample | undefined> {
  const found = await store.get(key, { signal });
  if (found === undefined) return undefined;
  try {
    return decodeRecord(sampleRecord, key, found.body);
  } catch {
    return undefined;
  }
}

function nothing(time: number): MetricsSample {
  const counts = { operations: {}, searches: NO_SEARCHES, queries: [], requests: NO_REQUESTS };
  return { from: time, to: time, ...counts };
}

function plus(first: MetricsSample, second: MetricsSample): MetricsSample {
  return {
    from: first.from,
    to: Math.max(first.to, second.to),
    ...addReadings(first, second),
    queries: first.queries,
    requests: addRequests(first.requests, second.requests),
  };
}
