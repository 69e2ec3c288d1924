import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from "react";
import { apiUrl } from "../api/base.ts";
import type { OperationName } from "../api/client.ts";
import { askAgain } from "../api/queries.ts";
import { useNow } from "../lib/use-now.ts";
import { createBatches, nextAnimationFrame } from "./batches.ts";
import { connectFeed, type FeedConnection, type FeedEvent, type FeedSocket } from "./connection.ts";
import { createLiveStore, FOLLOWED, type LiveStore, staleAfter } from "./live.ts";
import { everySecond, type Second } from "./rates.ts";

interface Feed {
  readonly store: LiveStore;
  readonly listeners: Set<Listener>;
  /** Try at once where the connection is lost. */
  retry(): void;
}

type Listener = (batch: readonly FeedEvent[]) => void;

const FeedContext = createContext<Feed | undefined>(undefined);

/** However much happens, a read that it makes stale is repeated at most so often. */
const ASK_AGAIN_MS = 1_000;

/** Holds the one connection of the page to the feed, while somebody is logged in. */
export function FeedProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const { feed, open } = useMemo(createPageFeed, []);
  useEffect(() => {
    const stale = new Set<OperationName>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    return open({
      onBatch(batch) {
        for (const name of staleAfter(batch)) stale.add(name);
        if (stale.size === 0 || timer !== undefined) return;
        timer = setTimeout(() => {
          timer = undefined;
          const names = [...stale];
          stale.clear();
          void askAgain(client, names);
        }, ASK_AGAIN_MS);
      },
      onBegin: () => void askAgain(client, FOLLOWED),
      onGap: () => void client.invalidateQueries(),
    });
  }, [client, open]);
  return <FeedContext value={feed}>{children}</FeedContext>;
}

interface Hearing {
  readonly onBatch: Listener;
  readonly onBegin: () => void;
  readonly onGap: () => void;
}

function createPageFeed() {
  const store = createLiveStore(Date.now);
  const listeners = new Set<Listener>();
  let connection: FeedConnection | undefined;
  const feed: Feed = { store, listeners, retry: () => connection?.retry() };

  function open({ onBatch, onBegin, onGap }: Hearing): () => void {
    const batches = createBatches<FeedEvent>(nextAnimationFrame, (batch) => {
      store.take(batch);
      onBatch(batch);
      for (const listener of listeners) listener(batch);
    });
    connection = connectFeed({
      open: openSocket,
      topics: ["*"],
      onEvent: batches.add,
      onBegin,
      onGap,
      onState: store.setState,
      after(milliseconds, run) {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
    });
    return () => {
      batches.close();
      connection?.close();
      connection = undefined;
    };
  }

  return { feed, open };
}

/** Opens the connection to the feed that the bridge has. */
export function openSocket(): FeedSocket {
  const url = apiUrl("events");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url) as FeedSocket;
}

function useFeed(): Feed {
  const feed = useContext(FeedContext);
  if (feed === undefined) throw new Error("The feed is used outside of its provider.");
  return feed;
}

/** What the feed told, or a part of it: a component is drawn again only when that part changes. */
export function useLive<Part>(select: (live: ReturnType<LiveStore["read"]>) => Part): Part {
  const { store } = useFeed();
  return useSyncExternalStore(store.subscribe, () => select(store.read()));
}

/** Every second of the last two minutes, as of now: drawn once a second, however much happens. */
export function useSeconds(): readonly Second[] {
  const { store } = useFeed();
  const now = useNow();
  return useMemo(() => everySecond(store.read().seconds, now), [store, now]);
}

/** Hears each batch of events as it comes; `listener` should not change with every drawing. */
export function useFeedEvents(listener: Listener): void {
  const { listeners } = useFeed();
  useEffect(() => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [listeners, listener]);
}

/** Tries at once to connect again. */
export function useRetryFeed(): () => void {
  return useFeed().retry;
}
