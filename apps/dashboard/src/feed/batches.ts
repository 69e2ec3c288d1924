/** Runs something before the next picture is drawn; returns how to call that off. */
export type NextFrame = (run: () => void) => () => void;

export interface Batches<Item> {
  add(item: Item): void;
  /** Hands out what waits, at once. */
  flush(): void;
  close(): void;
}

/** Of a page that nobody looked at for long, only so many are worth anything. */
const MOST_WAITING = 20_000;

/**
 * Collects what comes between two pictures and hands it on as one: a thousand events a second are sixty batches,
 * each of which makes the page draw once. The oldest go where a hidden page is drawn too seldom.
 */
export function createBatches<Item>(
  nextFrame: NextFrame,
  take: (batch: readonly Item[]) => void,
): Batches<Item> {
  let waiting: Item[] = [];
  let callOff: (() => void) | undefined;

  function flush(): void {
    callOff?.();
    callOff = undefined;
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    take(batch);
  }

  return {
    add(item) {
      waiting.push(item);
      if (waiting.length > MOST_WAITING) waiting = waiting.slice(-MOST_WAITING / 2);
      callOff ??= nextFrame(flush);
    },
    flush,
    close() {
      callOff?.();
      callOff = undefined;
      waiting = [];
    },
  };
}

/** Of the browser. A hidden page is drawn never: there a timer stands in. */
export const nextAnimationFrame: NextFrame = (run) => {
  if (document.visibilityState === "hidden") {
    const timer = setTimeout(run, 1_000);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
};
