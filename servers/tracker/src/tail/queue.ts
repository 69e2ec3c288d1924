import { isHot, type Tailed } from "./tailed.ts";

/** Files with something to read: those that change now in turn, then the others, the newest first. */
export interface ReadingQueue {
  add(tailed: Tailed, now: number): void;
  take(): Tailed | undefined;
  delete(tailed: Tailed): void;
  has(tailed: Tailed): boolean;
  readonly size: number;
}

export function createReadingQueue(): ReadingQueue {
  const live = new Set<Tailed>();
  const history = new Set<Tailed>();
  let newest: Tailed[] | undefined;
  return {
    add(tailed, now) {
      if (live.has(tailed)) return;
      if (isHot(tailed, now)) {
        history.delete(tailed);
        live.add(tailed);
      } else if (!history.has(tailed)) {
        history.add(tailed);
        if (newest?.at(-1) !== tailed) newest = undefined;
      }
    },
    take() {
      const [next] = live;
      if (next !== undefined) {
        live.delete(next);
        return next;
      }
      if (history.size === 0) return undefined;
      newest ??= [...history].sort((a, b) => a.file.mtimeMs - b.file.mtimeMs);
      for (let last = newest.pop(); last !== undefined; last = newest.pop()) {
        if (history.delete(last)) return last;
      }
      newest = undefined;
      return this.take();
    },
    delete(tailed) {
      live.delete(tailed);
      history.delete(tailed);
    },
    has: (tailed) => live.has(tailed) || history.has(tailed),
    get size() {
      return live.size + history.size;
    },
  };
}
