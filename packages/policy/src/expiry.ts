import type { Clock } from "@trestle/protocol";

/** Longer timers fire at once in Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Something that ends at a time of its own. */
export interface Expiring {
  /** Epoch milliseconds; may move later while it is watched. */
  end(): number;
  onExpired(): void;
}

/** One watched thing, in a list: it is taken out at no cost, whatever else is watched. */
interface Entry {
  readonly expiring: Expiring | undefined;
  before: Entry;
  after: Entry;
}

/** Watches many ends with one timer: nearly none is ever reached, so a timer for each would be waste. */
export function createExpiry(clock: Clock): (expiring: Expiring) => () => void {
  const list = { expiring: undefined } as Entry;
  list.before = list.after = list;
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
    for (let entry = list.after; entry !== list; entry = entry.after) {
      const end = entry.expiring?.end() ?? Number.POSITIVE_INFINITY;
      if (end > now) next = Math.min(next, end);
      else {
        remove(entry);
        entry.expiring?.onExpired();
      }
    }
    if (next < Number.POSITIVE_INFINITY) arm(next);
  }

  /** It keeps its own neighbours, so that a walk that stands at it goes on. */
  function remove(entry: Entry): void {
    if (entry.before.after !== entry) return;
    entry.before.after = entry.after;
    entry.after.before = entry.before;
    if (list.after === list) disarm();
  }

  return (expiring) => {
    const entry: Entry = { expiring, before: list.before, after: list };
    list.before.after = entry;
    list.before = entry;
    arm(expiring.end());
    return () => remove(entry);
  };
}
