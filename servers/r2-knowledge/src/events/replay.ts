import type { FeedHub, HubEvent, HubMessage } from "@trestle/events";
import { type Logger, matchesGlob, messageOf } from "@trestle/protocol";
import { type Batch, lastOf } from "./batch.ts";
import type { Journal } from "./journal.ts";

/** What listeners hold on to: a number, and nothing else. What they have not read yet waits in the bucket. */
export interface Replay extends FeedHub {
  /** There is more to read. */
  wake(): void;
  /** Another sequence took the place of the one that was read: its numbers begin with 1. */
  startAnew(): void;
}

export interface ReplayParts {
  readonly journal: Journal;
  /** The last number that is known here. */
  readonly lastSeq: () => number;
  readonly log: Logger;
}

export function createReplay({ journal, lastSeq, log }: ReplayParts): Replay {
  const subscriptions = new Set<{ pump(): Promise<void>; startAnew(): void }>();
  return {
    lastSeq,
    wake() {
      for (const { pump } of subscriptions) void pump();
    },
    startAnew() {
      for (const subscription of subscriptions) subscription.startAnew();
    },
    subscribe({ topics, since = lastSeq() }, receive) {
      const wanted = (topic: string): boolean =>
        typeof topics === "function"
          ? topics(topic)
          : topics.some((each) => matchesGlob(each, topic));
      // A number that was never given: the sequence is another one, and nobody knows what was missed.
      const isForeign = since > lastSeq();
      let position = isForeign ? 0 : since;
      let isLost = isForeign;
      let sequence = 0;
      let pumping = false;
      let ended = false;

      async function give(message: HubMessage): Promise<void> {
        try {
          await receive(message);
        } catch (error) {
          log.error("A listener failed on an event", { position, error: messageOf(error) });
        }
      }

      async function giveBatch(batch: Batch): Promise<void> {
        const own = sequence;
        if (batch.first > position + 1)
          await give({ kind: "gap", gap: { from: position + 1, to: batch.first - 1 } });
        for (const event of numbered(batch)) {
          if (ended || sequence !== own) return;
          if (event.seq <= position) continue;
          if (wanted(event.topic)) await give({ kind: "event", event });
          if (sequence === own) position = event.seq;
        }
      }

      async function tellLost(): Promise<void> {
        isLost = false;
        await give({ kind: "gap", gap: { from: 0, to: 0 } });
      }

      async function pump(): Promise<void> {
        if (pumping) return;
        pumping = true;
        try {
          while (!ended && (isLost || position < lastSeq())) {
            if (isLost) await tellLost();
            const batch = await journal.holding(position + 1);
            if (batch === undefined) break;
            await giveBatch(batch);
          }
        } catch (error) {
          // The next news brings it here again.
          log.warn("events not read", { position, error: messageOf(error) });
        }
        pumping = false;
      }

      function startAnew(): void {
        position = 0;
        isLost = true;
        sequence += 1;
      }

      const subscription = { pump, startAnew };
      subscriptions.add(subscription);
      void pump();
      return () => {
        ended = true;
        subscriptions.delete(subscription);
      };
    },
  };
}

/** The events of a batch as everybody knows them. */
export function numbered(batch: Batch): HubEvent[] {
  return batch.events.map((event, at) => ({ seq: batch.first + at, ...event }));
}

/** What comes after a number, oldest first, at most so many; a gap where that is kept no more. */
export async function readAfter(
  { journal, lastSeq }: Pick<ReplayParts, "journal" | "lastSeq">,
  since: number,
  limit: number,
): Promise<HubMessage[]> {
  const messages: HubMessage[] = [];
  let position = since;
  while (messages.length < limit && position < lastSeq()) {
    const batch = await journal.holding(position + 1);
    if (batch === undefined) break;
    if (batch.first > position + 1)
      messages.push({ kind: "gap", gap: { from: position + 1, to: batch.first - 1 } });
    for (const event of numbered(batch))
      if (event.seq > position) messages.push({ kind: "event", event });
    position = lastOf(batch);
  }
  return messages.slice(0, limit);
}
