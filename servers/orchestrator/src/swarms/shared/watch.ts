import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { SharedSwarms } from "../swarm-store.ts";

export interface WatchParts {
  readonly shared: Pick<SharedSwarms, "watch" | "unwatch">;
  readonly clock: Clock;
  /** Milliseconds of this process, which never jump. */
  readonly tick: () => number;
  /** How long after its last sign a process that watches is taken for dead. */
  readonly ms: number;
  readonly log: Logger;
  readonly onTaken: (swarmId: string) => void;
  readonly onLost: (swarmId: string) => void;
  /** After each look, also where it failed. */
  readonly onLooked: () => void;
}

/** Which swarms this process watches: of all that share a store one does, by a lease that it renews. */
export interface Watch {
  /** Never true for longer than the lease, also where this process was stopped meanwhile. */
  isOurs(swarmId: string): boolean;
  /** Renews what is ours, and takes what nobody watches; gives how many there are. */
  look(): Promise<number>;
  close(): Promise<void>;
}

/** So often that two may be lost. */
const LOOKS = 3;

export function createWatch(parts: WatchParts): Watch {
  const { shared, clock, tick, ms, log } = parts;
  /** Until which tick each is ours. */
  let ours = new Map<string, number>();
  let looking: Promise<number> | undefined;
  let cancel = () => {};
  let closed = false;

  async function lookOnce(): Promise<number> {
    // Counted from before it is asked: the store counts from later on.
    const until = tick() + ms;
    const ids = await shared.watch(ms);
    const before = ours;
    ours = new Map(ids.map((id) => [id, until]));
    for (const id of before.keys()) if (!ours.has(id)) parts.onLost(id);
    for (const id of ids) if (!before.has(id)) parts.onTaken(id);
    return ids.length;
  }

  function look(): Promise<number> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  function plan(): void {
    cancel = clock.after(ms / LOOKS, () => {
      look()
        .catch((error) => log.warn("swarms cannot be watched", { error: messageOf(error) }))
        .finally(() => {
          if (closed) return;
          parts.onLooked();
          plan();
        });
    });
  }

  plan();
  return {
    isOurs: (id) => (ours.get(id) ?? 0) > tick(),
    look,
    async close() {
      closed = true;
      cancel();
      await looking?.catch(() => {});
      ours = new Map();
      await shared.unwatch().catch(() => {});
    },
  };
}
