import type { Clock } from "@trestle/protocol";
import type { Lease, TrackerStore } from "../store/tracker-store.ts";

export interface LeaseKeeperOptions {
  readonly store: Pick<TrackerStore, "takeLease" | "releaseLease">;
  readonly clock: Clock;
  readonly name: string;
  /** Different for each run of each process. */
  readonly holder: string;
  /** So long after a holder died another one has it. */
  readonly ttlMs: number;
  /** Goes on while nobody can say whose it is, and as if nothing had been where nobody else had it since. */
  readonly outlivesStore?: boolean;
  /** Of several that ask, one has it at a time. */
  onGained(): Promise<void>;
  onLost(): Promise<void>;
  onFailure(error: unknown): void;
}

/** Asks for a lease until it has it, and holds it until it is closed. */
export interface LeaseKeeper {
  readonly lease: Lease | undefined;
  /** Asks once, and from then on by itself; resolves when what follows from the answer is done. */
  ask(): Promise<void>;
  close(): Promise<void>;
}

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { store, clock, name, holder, ttlMs, onGained, onLost, onFailure } = options;
  const { outlivesStore = false } = options;
  let lease: Lease | undefined;
  let asking: Promise<void> | undefined;
  let cancel = () => {};
  let isClosed = false;

  async function askOnce(): Promise<void> {
    const had = lease;
    try {
      lease = await store.takeLease(name, { holder, ttlMs });
    } catch (error) {
      onFailure(error);
      // Nobody can say whether it is still ours; the store refuses what comes under one that is not.
      if (had !== undefined && had.until < clock.now() && !outlivesStore) lease = undefined;
    }
    if (had === undefined && lease !== undefined) await begin(lease);
    const isNext = outlivesStore && had !== undefined && lease?.fence === had.fence + 1;
    if (had !== undefined && lease?.fence !== had.fence && !isNext) {
      await onLost();
      if (lease !== undefined) await begin(lease);
    }
  }

  /** Who cannot begin lets others have it, and asks again like them. */
  async function begin(gained: Lease): Promise<void> {
    try {
      await onGained();
    } catch (error) {
      lease = undefined;
      await store.releaseLease(gained).catch(onFailure);
      throw error;
    }
  }

  function ask(): Promise<void> {
    asking ??= askOnce()
      .catch(onFailure)
      .finally(() => {
        asking = undefined;
        cancel();
        if (!isClosed) cancel = clock.after(ttlMs / 4, () => void ask());
      });
    return asking;
  }

  return {
    get lease() {
      return lease;
    },
    ask,
    async close() {
      isClosed = true;
      cancel();
      await asking;
      if (lease === undefined) return;
      await onLost();
      await store.releaseLease(lease).catch(onFailure);
      lease = undefined;
    },
  };
}
