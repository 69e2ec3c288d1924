import { type Clock, createRoster, type OwnSignal, TrestleError } from "@trestle/protocol";

/** Counts the calls on their way, so that a bridge can stop without cutting them. */
export interface Running {
  /**
   * Runs `work` under a signal that follows `signal` and the end of the bridge. Refuses once draining,
   * unless it is a part of something that runs (as work under the signal of that is, too): whatever runs
   * may come to its end with all its parts.
   */
  run<Result>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
    asked?: Asked,
  ): Promise<Result>;
  /** Throws the refusal of a bridge that is draining. For work that waited before it could begin. */
  refuseWhenDraining(signal?: AbortSignal): void;
  count(): number;
  /** Is nothing new taken any more? */
  isDraining(): boolean;
  /** Takes nothing new, waits up to `graceMs` for what runs, then aborts the rest and waits for its end. */
  drain(graceMs: number): Promise<void>;
}

export interface Asked {
  readonly isPart: boolean;
  /** Where `signal` is this work's alone, it needs no other. */
  readonly own?: OwnSignal | undefined;
}

interface Work {
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
}

/** The mark of a refusal while draining: nothing was done, and another bridge may do it. */
export const STOPPING = "bridgeStopping";

export function createRunning(clock: Clock): Running {
  const works = createRoster<Work>();
  let draining = false;
  const idle = Promise.withResolvers<void>();

  function refuseWhenDraining(signal?: AbortSignal): void {
    if (!draining || (signal && works.find((work) => work.signal === signal))) return;
    const message = "The bridge is stopping. Call again when it is back.";
    throw new TrestleError("unavailable", message, {
      details: { [STOPPING]: true, sent: false },
    });
  }

  function end(leave: () => boolean): void {
    leave();
    if (draining && works.size === 0) idle.resolve();
  }

  return {
    refuseWhenDraining,
    async run(signal, work, { isPart, own } = { isPart: false }) {
      if (!isPart || works.size === 0) refuseWhenDraining(signal);
      if (own?.signal === signal) {
        const leave = works.add({ signal, abort: own.abort });
        try {
          return await work(signal);
        } finally {
          end(leave);
        }
      }
      const controller = new AbortController();
      const abort = (): void => controller.abort(signal.reason);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      const leave = works.add({
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
      });
      try {
        return await work(controller.signal);
      } finally {
        signal.removeEventListener("abort", abort);
        end(leave);
      }
    },
    count: () => works.size,
    isDraining: () => draining,
    async drain(graceMs) {
      draining = true;
      if (works.size === 0) return;
      const cancel = clock.after(graceMs, () => {
        for (const { abort } of works.items()) abort(stoppedError());
      });
      await idle.promise;
      cancel();
    },
  };
}

function stoppedError(): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    "The bridge stopped before the upstream answered. Check with a read whether the call took effect.",
  );
}
