import type { Clock } from "@trestle/protocol";
import type { Source } from "./source.ts";

/** Who waits how long for servers whose lists are not there yet. */
export interface Settling {
  add(source: Source, waitMs: number): void;
  remove(id: string): void;
  /** Has the server been read, or failed? */
  has(id: string): boolean;
  /** Resolves when every server has lists or has failed, at the latest when its wait is over. */
  settled(): Promise<void>;
  /** As `settled`, but servers that are much slower than the others are not waited for. */
  listable(): Promise<void>;
}

/** A server is much slower when none has answered for this part of its wait, and there is something to list. */
const QUIET_SHARE = 0.1;

export function createSettling(clock: Clock): Settling {
  const settledIds = new Set<string>();
  const waiting = new Map<Source, number>();
  /** Counted from the moment a server is added: whoever asks later has that much less to wait. */
  let settled: Promise<unknown> = Promise.resolve();
  let hasLists = false;
  let newsAt = clock.now();
  let news = Promise.withResolvers<void>();

  function tell(): void {
    newsAt = clock.now();
    news.resolve();
    news = Promise.withResolvers();
  }

  function quietMs(): number {
    return Math.max(...waiting.values()) * QUIET_SHARE - (clock.now() - newsAt);
  }

  return {
    add(source, waitMs) {
      const { id } = source.upstream;
      waiting.set(source, waitMs);
      const read = source.settled.then(() => {
        settledIds.add(id);
        if (source.listsFrom() !== "nowhere") hasLists = true;
      });
      const done = atMost(read, waitMs, clock).then(() => {
        waiting.delete(source);
        tell();
      });
      settled = Promise.all([settled, done]);
    },
    remove: (id) => void settledIds.delete(id),
    has: (id) => settledIds.has(id),
    settled: async () => void (await settled),
    async listable() {
      while (waiting.size > 0) {
        if (!hasLists) await news.promise;
        else if (quietMs() > 0) await atMost(news.promise, quietMs(), clock);
        else return;
      }
    },
  };
}

/** Resolves with the work, or when the time is over. */
export function atMost(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
