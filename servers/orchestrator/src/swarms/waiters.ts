import type { Clock } from "@trestle/protocol";

/** Those who wait for something to change, by name. */
export interface Waiters {
  /** How often it has changed. */
  changes(name: string): number;
  /** True after a change since then; false when the time is over, the signal aborts, or nobody may wait any more. */
  changed(name: string, since: Waiting): Promise<boolean>;
  has(name: string): boolean;
  tell(name: string): void;
  /** Nobody waits any more. */
  end(): void;
}

export interface Waiting {
  /** As `changes` gave it. */
  readonly since: number;
  readonly ms: number;
  readonly signal?: AbortSignal;
}

export function createWaiters(clock: Clock): Waiters {
  const waiting = new Map<string, Set<(changed: boolean) => void>>();
  const counts = new Map<string, number>();
  let ended = false;
  const changes = (name: string) => counts.get(name) ?? 0;

  function wait(name: string, { ms, signal }: Waiting): Promise<boolean> {
    return new Promise((resolve) => {
      const all = waiting.get(name) ?? new Set();
      waiting.set(name, all);
      const go = (changed: boolean) => {
        cancel();
        signal?.removeEventListener("abort", giveUp);
        all.delete(go);
        if (all.size === 0 && waiting.get(name) === all) waiting.delete(name);
        resolve(changed);
      };
      const giveUp = () => go(false);
      const cancel = clock.after(ms, giveUp);
      signal?.addEventListener("abort", giveUp, { once: true });
      all.add(go);
    });
  }

  return {
    changes,
    async changed(name, given) {
      if (ended || given.signal?.aborted) return false;
      return changes(name) !== given.since || wait(name, given);
    },
    has: (name) => waiting.has(name),
    tell(name) {
      counts.set(name, changes(name) + 1);
      for (const go of [...(waiting.get(name) ?? [])]) go(true);
    },
    end() {
      ended = true;
      for (const all of [...waiting.values()]) for (const go of [...all]) go(false);
    },
  };
}
