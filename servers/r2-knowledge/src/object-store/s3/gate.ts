/** Lets so many in at a time; the others wait in their order. */
export interface Gate {
  /** The function lets the next one in. Rejects with the signal's reason where that comes first. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

export function createGate(most: number): Gate {
  const waiting = new Set<() => void>();
  let inside = 0;
  const leave = () => {
    const [next] = waiting;
    if (next === undefined) inside -= 1;
    else next();
  };
  return {
    async enter(signal) {
      signal?.throwIfAborted();
      if (inside < most) inside += 1;
      else await turn(waiting, signal);
      return leave;
    },
  };
}

/** The place of whoever leaves is handed on, never free in between. */
function turn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      waiting.delete(enter);
      reject(signal?.reason);
    };
    const enter = () => {
      waiting.delete(enter);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    waiting.add(enter);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
