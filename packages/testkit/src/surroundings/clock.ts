import type { Clock } from "@trestle/protocol";

export interface ManualClock extends Clock {
  /** Moves time on and runs what falls due on the way, in its order. */
  advance(ms: number): void;
  /** Sets the time, in either direction, and runs nothing. */
  set(time: number): void;
  /** How far away the next timer is. */
  next(): number | undefined;
  /** How many timers are armed. */
  armed(): number;
}

/** A clock that stands still until it is moved. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let time = start;
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  const earliest = () => [...timers].toSorted((a, b) => a.at - b.at)[0];
  return {
    now: () => time,
    after(ms, work) {
      const timer = { at: time + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = time + ms;
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
        timers.delete(timer);
        time = Math.max(time, timer.at);
        timer.work();
      }
      time = end;
    },
    set(next) {
      time = next;
    },
    next() {
      const timer = earliest();
      return timer && timer.at - time;
    },
    armed: () => timers.size,
  };
}
