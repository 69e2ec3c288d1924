import { isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { SharedFolder } from "../share-folder.ts";
import { BUS_METHODS, type BusItem } from "./bus-hub.ts";

interface OutboxOptions {
  readonly folder: Pick<SharedFolder, "call">;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** As many may wait; one more and all are dropped, as a gap. */
const MAX_WAITING = 10_000;

/** Sends what is published, a batch at a time and never twice: so the order holds. */
export function createBusOutbox({ folder, log, signal }: OutboxOptions): {
  add(topic: string, message: string): void;
} {
  let items: BusItem[] = [];
  let gap = false;
  let sending = false;

  async function send(): Promise<void> {
    sending = true;
    await Promise.resolve(); // what is published together goes together
    while (items.length > 0 && !signal.aborted) {
      const payload = { items, gap };
      items = [];
      gap = false;
      try {
        await folder.call(BUS_METHODS.publish, payload, { repeatable: false, signal });
      } catch (error) {
        gap = true;
        const code = isTrestleError(error) ? error.code : "internal";
        log.warn("Published messages were lost", {
          code,
          count: payload.items.length,
          error: messageOf(error),
        });
      }
    }
    sending = false;
  }

  return {
    add(topic, message) {
      if (signal.aborted) return;
      if (items.length >= MAX_WAITING) {
        log.warn("Published messages were dropped: they come faster than they go", {
          count: items.length,
        });
        items = [];
        gap = true;
      }
      items.push([topic, message]);
      if (!sending) void send();
    },
  };
}
