import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { HubEvent } from "../hub/event.ts";
import type { Hub } from "../hub/hub.ts";
import { QUEUE_FAILED_MS } from "./dispatcher.ts";

/** A queue that cannot store an event holds the hub's place until it can. */
export function followHub(
  hub: Hub,
  parts: {
    readonly since: number;
    readonly wantersOf: (topic: string) => readonly string[];
    readonly enqueue: (event: HubEvent) => Promise<void>;
    /** Remembers that nothing up to this number is to be enqueued any more. */
    readonly skip: (seq: number) => void;
    readonly clock: Clock;
    readonly log: Logger;
  },
): () => Promise<void> {
  const { since, wantersOf, enqueue, skip, clock, log } = parts;
  const end = Promise.withResolvers<void>();
  let ended = false;
  let storing: Promise<void> | undefined;

  async function store(event: HubEvent): Promise<void> {
    for (;;) {
      try {
        return await enqueue(event);
      } catch (error) {
        log.error("Webhooks could not be stored", { error: messageOf(error), lost: ended });
        if (ended) return;
        await waitOrEnd();
      }
    }
  }

  function waitOrEnd(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(QUEUE_FAILED_MS, resolve);
      void end.promise.then(() => {
        cancel();
        resolve();
      });
    });
  }

  const topics = (topic: string): boolean => wantersOf(topic).length > 0;
  const unsubscribe = hub.subscribe({ topics, since }, async (message) => {
    if (message.kind === "gap") log.warn("Webhooks missed events", { ...message.gap });
    else {
      storing = store(message.event);
      await storing;
      storing = undefined;
    }
  });
  return async () => {
    ended = true;
    end.resolve();
    while (storing !== undefined) {
      await storing;
      // The next one, if there is any, is on its way by then.
      await new Promise((resolve) => setImmediate(resolve));
    }
    unsubscribe();
    skip(hub.lastSeq());
  };
}
