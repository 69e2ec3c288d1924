import type { KeyRecord, KeyStore } from "@trestle/access";
import type { Clock } from "@trestle/protocol";

/** Tells those who let somebody in that what they found then may not hold any more. */
export interface AccessChanges {
  /**
   * Calls the listener at once when a key was changed here, and within a second when that was done elsewhere
   * or a key has expired. Returns the function that ends it.
   */
  onChange(listener: () => void): () => void;
  /** A key was changed here. */
  changed(): void;
  /** Nobody is told any more: the keys are about to be closed, whoever still listens. */
  close(): void;
}

/** Another process or replica tells nobody here: it is looked for this often, while somebody listens. */
const LOOK_EVERY_MS = 1_000;
/** Whatever else ends by itself, such as a session or a token, is found out this often. */
const TELL_EVERY_MS = 60_000;

export function createAccessChanges(
  keys: Pick<KeyStore, "list" | "version">,
  clock: Clock,
): AccessChanges {
  const listeners = new Set<() => void>();
  let version = "";
  let expiry = Number.POSITIVE_INFINITY;
  let toldAt = 0;
  let cancel: (() => void) | undefined;
  let closed = false;

  function learn(): void {
    version = keys.version();
    toldAt = clock.now();
    expiry = nextExpiry(keys.list(), clock.now());
  }

  function tell(): void {
    if (closed) return;
    learn();
    for (const listener of [...listeners]) listener();
  }

  function look(): void {
    cancel = clock.after(LOOK_EVERY_MS, look);
    const isDue = clock.now() >= Math.min(expiry, toldAt + TELL_EVERY_MS);
    if (isDue || keys.version() !== version) tell();
  }

  return {
    onChange(listener) {
      listeners.add(listener);
      if (listeners.size === 1 && !closed) {
        learn();
        cancel = clock.after(LOOK_EVERY_MS, look);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) cancel?.();
      };
    },
    changed: tell,
    close() {
      closed = true;
      cancel?.();
    },
  };
}

/** When the next of them stops being good. */
function nextExpiry(records: readonly KeyRecord[], now: number): number {
  const times = records
    .filter(({ revokedAt }) => revokedAt === undefined)
    .flatMap(({ expiresAt, overlapUntil }) => [expiresAt, overlapUntil])
    .filter((time) => time !== undefined && time > now);
  return Math.min(...(times as number[]));
}
