import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import type { RunStore } from "./run-store.ts";

export interface RoomOptions {
  /** Bytes that the store uses now. */
  readonly bytes: () => number;
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const HOUR_MS = 3_600_000;
/** Runs that ended longest ago go first; somebody may still ask for those of the last hour. */
const AGES_MS = [7 * 24 * HOUR_MS, 24 * HOUR_MS, HOUR_MS];
/** Making room stops below this part, so that it is rare. */
const KEPT_SHARE = 0.9;
/** To measure costs more than to look at a clock. */
const MEASURED_FOR_MS = 500;

/**
 * The same runs on a disk with an end: runs that ended make room for new ones. Where those in progress fill it, new
 * ones are refused with `unavailable`; what is in progress goes on, since it was taken on.
 */
export function withRoom(runs: RunStore, options: RoomOptions): RunStore {
  const { clock, maxBytes } = options;
  let measuredAt = Number.NEGATIVE_INFINITY;
  let isFull = false;

  async function requireRoom(): Promise<void> {
    if (clock.now() - measuredAt >= MEASURED_FOR_MS) {
      measuredAt = clock.now();
      isFull = options.bytes() > maxBytes && !(await makeRoom(runs, options));
    }
    if (!isFull) return;
    throw new TrestleError(
      "unavailable",
      `Executions take all of the ${Math.round(maxBytes / 2 ** 20)} MB that they may: cancel some that wait, or raise maxMb. Nothing was started.`,
    );
  }

  return {
    ...runs,
    async create(run, first) {
      await requireRoom();
      await runs.create(run, first);
    },
  };
}

/** True where there is room now. */
async function makeRoom(
  runs: RunStore,
  { bytes, maxBytes, clock, log }: RoomOptions,
): Promise<boolean> {
  for (const age of AGES_MS) {
    const { length: count } = await runs.prune(clock.now() - age);
    if (count > 0) log.warn("runs were forgotten to make room", { count });
    if (bytes() <= maxBytes * KEPT_SHARE) return true;
  }
  return bytes() <= maxBytes;
}
