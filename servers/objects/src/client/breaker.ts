import type { ClientClock } from "./clock.ts";

export interface BreakerSettings {
  /** Failures in a row, of any object of this host, that open it. */
  readonly failures: number;
  /** How long nothing is tried, in milliseconds; then one attempt is let through. */
  readonly openMs: number;
}

export const DEFAULT_BREAKER: BreakerSettings = { failures: 5, openMs: 5_000 };

export type BreakerState = "closed" | "open" | "half_open";

/** One attempt that was let through; it is told once how it went. */
export interface Attempt {
  succeeded(): void;
  failed(): void;
  /** It proved nothing, as a call that its caller took back. */
  abandoned(): void;
}

/** Stops all objects of one host from asking it while it is down: one of them probes, the others wait. */
export interface Breaker {
  readonly state: BreakerState;
  /** An attempt, or for how many milliseconds there is none. */
  ask(): { readonly attempt: Attempt } | { readonly waitMs: number };
}

/** How soon the others look again while one probes. */
const PROBE_MS = 1_000;

export function createBreaker(parts: {
  readonly clock: ClientClock;
  readonly settings?: BreakerSettings;
  readonly onState?: (state: BreakerState) => void;
}): Breaker {
  const { clock, settings = DEFAULT_BREAKER, onState } = parts;
  let state: BreakerState = "closed";
  let failures = 0;
  let openUntil = 0;

  function become(next: BreakerState): void {
    if (next === state) return;
    state = next;
    onState?.(next);
  }

  function open(): void {
    openUntil = clock.now() + settings.openMs;
    become("open");
  }

  function letThrough(): Attempt {
    let isOver = false;
    const isProbe = state === "half_open";
    const end = (outcome: () => void) => () => {
      if (isOver) return;
      isOver = true;
      outcome();
    };
    return {
      succeeded: end(() => {
        failures = 0;
        become("closed");
      }),
      failed: end(() => {
        failures += 1;
        if (isProbe || (state === "closed" && failures >= settings.failures)) open();
      }),
      abandoned: end(() => {
        // The next one probes at once.
        if (isProbe && state === "half_open") become("open");
      }),
    };
  }

  return {
    get state() {
      return state;
    },
    ask() {
      if (state === "half_open") return { waitMs: PROBE_MS };
      if (state === "open") {
        const waitMs = openUntil - clock.now();
        if (waitMs > 0) return { waitMs };
        become("half_open");
      }
      return { attempt: letThrough() };
    },
  };
}
