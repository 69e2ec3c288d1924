import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { RunStore } from "./run-store.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Not in the first moments: somebody waits for those. */
const FIRST_MS = 60_000;

/** Forgets runs that ended long ago, every hour; gives the function that ends it. `keepDays` of 0 keeps all. */
export function forgetOldRuns({
  runs,
  clock,
  log,
  keepDays,
}: {
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keepDays: number;
}): () => void {
  if (keepDays === 0) return () => {};
  let ended = false;
  let clear = clock.after(FIRST_MS, () => void forget());

  async function forget(): Promise<void> {
    try {
      const { length: count } = await runs.prune(clock.now() - keepDays * DAY_MS);
      if (count > 0) log.info("runs were forgotten", { count, keepDays });
    } catch (error) {
      log.warn("old runs were not forgotten", { error: messageOf(error) });
    }
    if (!ended) clear = clock.after(HOUR_MS, () => void forget());
  }

  return () => {
    ended = true;
    clear();
  };
}
