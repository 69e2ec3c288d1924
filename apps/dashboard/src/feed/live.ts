import type { OperationName } from "../api/client.ts";
import type { FeedEvent, FeedState } from "./connection.ts";
import { addEvents, isFinishedCall, type Second } from "./rates.ts";
import { createRing } from "./ring.ts";

/** What is known from the feed alone, as of the last picture. */
export interface Live {
  readonly state: FeedState;
  readonly seconds: readonly Second[];
  /** Finished calls, the oldest first. */
  readonly calls: readonly FeedEvent[];
  /** All else that happened, the oldest first. */
  readonly news: readonly FeedEvent[];
}

export interface LiveStore {
  read(): Live;
  subscribe(listener: () => void): () => void;
  take(batch: readonly FeedEvent[]): void;
  setState(state: FeedState): void;
}

const CALLS_KEPT = 1_000;
const NEWS_KEPT = 500;

/** Keeps what the feed told, for React's `useSyncExternalStore`: one change for each batch. */
export function createLiveStore(now: () => number): LiveStore {
  const listeners = new Set<() => void>();
  const calls = createRing<FeedEvent>(CALLS_KEPT);
  const news = createRing<FeedEvent>(NEWS_KEPT);
  let live: Live = { state: "connecting", seconds: [], calls: [], news: [] };

  function change(to: Partial<Live>): void {
    live = { ...live, ...to };
    for (const listener of listeners) listener();
  }

  return {
    read: () => live,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    take(batch) {
      const ended = batch.filter(isFinishedCall);
      const others = batch.filter((event) => !isFinishedCall(event));
      calls.push(ended);
      news.push(others);
      change({
        ...(ended.length > 0 && {
          calls: calls.read(),
          seconds: addEvents(live.seconds, ended, now()),
        }),
        ...(others.length > 0 && { news: news.read() }),
      });
    },
    setState(state) {
      if (state !== live.state) change({ state });
    },
  };
}

/** Which reads an event makes stale, by the first word of its topic. */
const STALE: Readonly<Record<string, readonly OperationName[]>> = {
  server: ["GET servers", "GET health", "GET discover", "GET tools"],
  breaker: ["GET health", "GET performance"],
  review: ["GET review"],
  pin: ["GET pins", "GET pins/diff", "GET servers"],
  alert: ["GET alerts"],
  chain: ["GET chains"],
};

/** All reads that an event can make stale. */
export const FOLLOWED: readonly OperationName[] = [...new Set(Object.values(STALE).flat())];

/** The operations whose answers are stale after a batch. Calls are not among them: those are shown from the feed. */
export function staleAfter(batch: readonly FeedEvent[]): readonly OperationName[] {
  const words = new Set(batch.map(({ topic }) => topic.split(".", 1)[0] ?? ""));
  return [...new Set([...words].flatMap((word) => STALE[word] ?? []))];
}
