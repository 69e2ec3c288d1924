import { useEffect, useState } from "react";
import { connectFeed, type FeedState } from "../../feed/connection.ts";
import { openSocket } from "../../feed/feed-provider.tsx";
import type { Change } from "../objects/shapes.ts";
import { changeIn } from "./changes.ts";

interface Of {
  readonly class: string;
  readonly id: string;
}

/**
 * Hears every change of one object, whichever process or host made it: the bridge watches what is subscribed to by its
 * whole name, which the page's own connection does not do. Says whether it is watched now.
 */
export function useObjectFeed(of: Of, listener: (changes: readonly Change[]) => void): boolean {
  const [state, setState] = useState<FeedState>("connecting");
  const topic = `object:${of.class}/${of.id}`;
  useEffect(() => {
    const connection = connectFeed({
      open: openSocket,
      topics: [topic],
      onEvent: ({ payload }) => {
        const change = changeIn(payload);
        listener(change === undefined ? [] : [change]);
      },
      onBegin: () => listener([]),
      onGap: () => listener([]),
      onState: setState,
      after(milliseconds, run) {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
    });
    return () => connection.close();
  }, [topic, listener]);
  return state === "live";
}
