import type { Clock } from "@trestle/protocol";

export interface ManualClock extends Clock {
  /** Lets time pass, and runs what was due in it. */
  advance(ms: number): void;
}

export function manualClock(start = 1_000_000): ManualClock {
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  let time = start;
  return {
    now: () => time,
    after(ms, work) {
      const timer = { at: time + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      time += ms;
      for (const timer of [...timers]) {
        if (timer.at > time || !timers.delete(timer)) continue;
        timer.work();
      }
    },
  };
}
