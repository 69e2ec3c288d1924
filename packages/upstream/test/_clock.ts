import type { Clock } from "@trestle/protocol";

/** A clock that stands still until it is moved; timers that are due run in their order. */
export function manualClock(): Clock & { advance(ms: number): void } {
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  let now = 1_000_000;

  function next(until: number) {
    return [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => now,
    after(ms, work) {
      const timer = { at: now + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer);
        now = timer.at;
        timer.work();
      }
      now = until;
    },
  };
}
