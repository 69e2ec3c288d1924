import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Retention, TrackerStore } from "../store/tracker-store.ts";

const DAY_MS = 86_400_000;
const EVERY_MS = 6 * 3_600_000;
/** Not while it starts and reads what was written meanwhile. */
const FIRST_MS = 60_000;

/** Deletes what is too old, or too much, from time to time; returns what ends it. */
export function startRetaining(
  store: Pick<TrackerStore, "retain">,
  rules: { readonly keepDays: number; readonly maxMb: number },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): () => void {
  const { keepDays, maxMb } = rules;
  if (keepDays === 0 && maxMb === 0) return () => {};
  let cancel = clock.after(FIRST_MS, retain);

  function retain(): void {
    const retention: Retention = {
      ...(keepDays > 0 && { before: clock.now() - keepDays * DAY_MS }),
      ...(maxMb > 0 && { maxBytes: maxMb * 2 ** 20 }),
    };
    store
      .retain(retention)
      .then((gone) => {
        if (gone > 0) log.info("old records deleted", { records: gone });
      })
      .catch((error) => log.warn("old records not deleted", { error: messageOf(error) }));
    cancel = clock.after(EVERY_MS, retain);
  }

  return () => cancel();
}
