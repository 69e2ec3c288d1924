import { type Clock, type Logger, messageOf } from "@trestle/protocol";

export interface FollowingParts {
  /** Looks for what is new. */
  readonly look: () => Promise<void>;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Something that is looked at now and then until it is closed. */
export interface Following {
  /** Something is new: looks soon. */
  nudge(): void;
  /** Waits two seconds for what it looks for. */
  close(): Promise<void>;
}

/** What this process did is told so soon; several changes at once are told together. */
const SOON_MS = 50;
const MOST_MS = 60_000;
/** A store that does not answer keeps no process from ending. */
const CLOSE_MS = 2_000;

/** Looks every so often; less often while that fails. */
export function follow({ look, everyMs, clock, log }: FollowingParts): Following {
  let running: Promise<void> | undefined;
  let failures = 0;
  let isNudged = false;
  let closed = false;
  let cancel = clock.after(0, tick);

  function after(ms: number): void {
    cancel();
    if (!closed) cancel = clock.after(ms, tick);
  }

  async function run(): Promise<void> {
    isNudged = false;
    try {
      await look();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!closed) log.warn("events not looked for", { error: messageOf(error) });
    }
  }

  function tick(): void {
    running ??= run().finally(() => {
      running = undefined;
      const wait = Math.min(MOST_MS, everyMs * 2 ** Math.min(failures, 10));
      after(isNudged && failures === 0 ? SOON_MS : Math.max(everyMs, wait));
    });
  }

  return {
    nudge() {
      if (isNudged) return;
      isNudged = true;
      if (running === undefined && failures === 0) after(SOON_MS);
    },
    async close() {
      closed = true;
      cancel();
      const late = Promise.withResolvers<void>();
      const stop = clock.after(CLOSE_MS, late.resolve);
      await Promise.race([running, late.promise]);
      stop();
    },
  };
}
