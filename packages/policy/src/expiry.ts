import { type Clock, createRoster } from "@trestle/protocol";

/** Longer timers fire at once in Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Something that ends at a time of its own. */
export interface Expiring {
  /** Epoch milliseconds; may move later while it is watched. */
  end(): number;
  onExpired(): void;
}

/** Watches many ends with one timer: nearly none is ever reached, so a timer for each would be waste. */
export function createExpiry(clock: Clock): (expiring: Expiring) => () => void {
  const watched = createRoster<{ readonly expiring: Expiring; readonly leave: () => boolean }>();
  let dueAt = Number.POSITIVE_INFINITY;
  let cancel: (() => void) | undefined;

  function arm(at: number): void {
    if (at >= dueAt) return;
    cancel?.();
    dueAt = at;
    cancel = clock.after(Math.min(LONGEST_TIMER_MS, Math.max(0, at - clock.now())), fire);
  }

  function disarm(): void {
    cancel?.();
    cancel = undefined;
    dueAt = Number.POSITIVE_INFINITY;
  }

  function fire(): void {
    disarm();
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const { expiring, leave } of watched.items()) {
      const end = expiring.end();
      if (end > now) next = Math.min(next, end);
      // One of those before it may have ended this one, too.
      else if (leave()) expiring.onExpired();
    }
    if (next < Number.POSITIVE_INFINITY) arm(next);
  }

  return (expiring) => {
    const leave = watched.add({ expiring, leave: () => leave() });
    arm(expiring.end());
    return () => {
      if (leave() && watched.size === 0) disarm();
    };
  };
}
