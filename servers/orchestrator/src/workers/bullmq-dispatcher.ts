import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { Dispatcher, TakeTasks } from "./dispatcher.ts";
import type { ReadyTask } from "./task.ts";

export interface BullDispatcherOptions {
  /** `redis://host:port/db` */
  readonly url: string;
  /** What all keys begin with. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const QUEUE = "steps";
const CONNECT_MS = 1_500;
const ANSWER_MS = 2_000;
/** How long a worker may be silent before its job is somebody else's; the claim decides who may do it. */
const LOCK_MS = 30_000;
const STALLED_MS = 5_000;

interface StepJob {
  readonly place: string;
}

/** Workers are told through BullMQ. Redis may lose everything: the database has it, and it is announced again. */
export async function createBullDispatcher(options: BullDispatcherOptions): Promise<Dispatcher> {
  const bull = await import("bullmq");
  const { url, prefix, clock, log } = options;
  const connections: Redis[] = [];
  const connect = (settings: object): Redis => {
    const redis = new Redis(url, {
      connectTimeout: CONNECT_MS,
      retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, 1_000),
      ...settings,
    });
    // Whoever asks is told; what is not told is announced again.
    redis.on("error", (error) => log.debug("Redis does not answer", { error: messageOf(error) }));
    connections.push(redis);
    return redis;
  };
  const asking = connect({
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: ANSWER_MS,
  });
  const queue: Queue<StepJob> = new bull.Queue(QUEUE, {
    connection: asking,
    prefix,
    skipVersionCheck: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on("error", () => {});
  let worker: Worker<StepJob> | undefined;

  function startWorker(concurrency: number, take: TakeTasks): void {
    const started = new bull.Worker<StepJob>(QUEUE, ({ data }) => take({ places: [data.place] }), {
      connection: connect({ maxRetriesPerRequest: null }),
      prefix,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      // What a job does is claimed elsewhere: to hear of it again harms nothing.
      maxStalledCount: 1_000,
      skipVersionCheck: true,
    });
    started.on("error", () => {});
    worker = started;
  }

  return {
    async announce(tasks) {
      if (tasks.length === 0) return true;
      try {
        await within(ANSWER_MS, queue.addBulk(tasks.map(toJob)), clock);
        return true;
      } catch (error) {
        log.debug("steps were not announced", { error: messageOf(error) });
        return false;
      }
    },
    consume: startWorker,
    async close() {
      await worker?.close(true).catch(() => {});
      await queue.close().catch(() => {});
      for (const redis of connections) redis.disconnect();
    },
  };
}

/** A connection that was never there is waited for without end otherwise. */
async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const clear = clock.after(ms, () => reject(new Error(`no answer within ${ms} ms`)));
  try {
    await Promise.race([work, promise]);
  } finally {
    clear();
    work.catch(() => {});
  }
}

/** One job for each fence: a second announcement of the same is none. */
function toJob({ place, fence }: ReadyTask) {
  return { name: "step", data: { place }, opts: { jobId: `${place}-${fence}` } };
}
