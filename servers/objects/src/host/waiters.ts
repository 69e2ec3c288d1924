import type { Clock } from "@trestle/protocol";
import type { ObjectRef } from "../protocol.ts";

/** Whoever waits for an object to change. */
export interface Waiters {
  /** Resolves when it changes, when the time is over, or when nobody waits any more. */
  wait(
    ref: ObjectRef,
    options: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<void>;
  changed(ref: ObjectRef): void;
  /** Nobody is left waiting. */
  close(): void;
}

export function createWaiters(clock: Clock): Waiters {
  const waiting = new Map<string, Set<() => void>>();
  let isClosed = false;

  function changed(ref: ObjectRef): void {
    const key = keyOf(ref);
    const all = waiting.get(key);
    waiting.delete(key);
    for (const wake of all ?? []) wake();
  }

  return {
    wait(ref, { ms, signal }) {
      if (isClosed || signal.aborted) return Promise.resolve();
      const key = keyOf(ref);
      return new Promise((resolve) => {
        const wake = () => {
          cancel();
          signal.removeEventListener("abort", wake);
          waiting.get(key)?.delete(wake);
          resolve();
        };
        const cancel = clock.after(ms, wake);
        signal.addEventListener("abort", wake, { once: true });
        const all = waiting.get(key) ?? new Set();
        waiting.set(key, all.add(wake));
      });
    },
    changed,
    close() {
      isClosed = true;
      for (const all of [...waiting.values()]) for (const wake of [...all]) wake();
      waiting.clear();
    },
  };
}

function keyOf(ref: ObjectRef): string {
  return `${ref.class}/${ref.id}`;
}
