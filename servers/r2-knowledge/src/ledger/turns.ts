import type { Clock } from "@trestle/protocol";

export interface TurnsParts {
  readonly clock: Pick<Clock, "now">;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly everyMs: number;
  readonly isWanted: () => Promise<boolean>;
  readonly work: () => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

export interface Turns {
  /** Does the work in the background where its time has come. */
  consider(): void;
  /** Waits for what runs, and begins nothing more. */
  close(): Promise<void>;
}

/**
 * When a process does what any one of many should do now and then: by chance at different times,
 * so that mostly one does it and the others find it done.
 */
export function createTurns({
  clock,
  random,
  everyMs,
  isWanted,
  work,
  onError,
}: TurnsParts): Turns {
  let next = clock.now() + everyMs * random();
  let running: Promise<void> | undefined;
  let closed = false;

  async function turn(): Promise<void> {
    try {
      if (await isWanted()) await work();
    } catch (error) {
      onError(error);
    }
    next = clock.now() + everyMs * (1 + random() / 2);
    running = undefined;
  }

  return {
    consider() {
      const wait = next - clock.now();
      // A clock that was set back must not put the work off for long.
      const isDue = wait <= 0 || wait > everyMs * 2;
      if (!closed && running === undefined && isDue) running = turn();
    },
    async close() {
      closed = true;
      await running;
    },
  };
}
