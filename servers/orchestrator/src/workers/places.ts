/** The attempts that a process makes at once, whoever gave them to it: never more than it has places. */
export interface Places {
  /** Resolves once it has a place; those who waited longer have theirs first. */
  take(): Promise<void>;
  /** Takes as many as are free, up to `most`; none while somebody waits. */
  takeFree(most: number): number;
  /** Takes those whose attempts have just ended, before they are freed: who ends a step does the one that follows. */
  takeOver(count: number): void;
  free(count: number): void;
}

export function createPlaces(count: number): Places {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    take() {
      if (taken < count && waiting.length === 0) {
        taken += 1;
        return Promise.resolve();
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
    takeFree(most) {
      const found = waiting.length > 0 ? 0 : Math.max(0, Math.min(most, count - taken));
      taken += found;
      return found;
    },
    takeOver(count) {
      taken += count;
    },
    free(left) {
      taken -= left;
      while (taken < count) {
        const next = waiting.shift();
        if (next === undefined) return;
        taken += 1;
        next();
      }
    },
  };
}
