import type { Clock } from "@trestle/protocol";

export interface SingleFlight {
  /** Resolves once the work was done by a run that began at most `maxAgeMs` ago. */
  run(maxAgeMs: number): Promise<void>;
}

/** Work that many ask for and that runs once at a time; whoever comes too late for a run shares the next. */
export function createSingleFlight(
  clock: Pick<Clock, "now">,
  work: () => Promise<void>,
): SingleFlight {
  let doneFrom: number | undefined;
  let current: { readonly from: number; readonly done: Promise<void> } | undefined;
  let next: Promise<void> | undefined;

  async function begin(): Promise<void> {
    await current?.done.catch(() => {});
    next = undefined;
    const from = clock.now();
    const done = work().then(() => {
      doneFrom = from;
    });
    const flight = { from, done };
    current = flight;
    try {
      await done;
    } finally {
      if (current === flight) current = undefined;
    }
  }

  return {
    async run(maxAgeMs) {
      // Strictly younger: with 0 nothing that began before will do.
      const isFresh = (from: number | undefined) =>
        from !== undefined && Math.abs(clock.now() - from) < maxAgeMs;
      if (isFresh(doneFrom)) return;
      if (isFresh(current?.from)) return current?.done;
      next ??= begin();
      return next;
    },
  };
}
