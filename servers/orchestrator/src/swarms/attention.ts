/** Of a timer, from when on this process must have been stopped, or its machine asleep. */
const LATE_MS = 1_000;
/** For what was said meanwhile, and is heard only now. */
const HEAR_MS = 1_000;

/** The ticks of a process that watches: time in which it could not watch does not count as anybody's silence. */
export interface Attention {
  tick(): number;
  /** A timer runs that was to run at that tick. */
  woke(planned: number): void;
}

export function createAttention(tick: () => number): Attention {
  let away = 0;
  return {
    tick: () => tick() - away,
    woke(planned) {
      const late = tick() - away - planned;
      if (late > LATE_MS) away += late + HEAR_MS;
    },
  };
}
