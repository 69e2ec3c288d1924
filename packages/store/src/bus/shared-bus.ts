import { randomUUID } from "node:crypto";
import {
  type Clock,
  isTrestleError,
  type JsonValue,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import type { SharedFolder } from "../share-folder.ts";
import type { Bus } from "./bus.ts";
import { BUS_METHODS, type BusDelivery } from "./bus-hub.ts";
import { type BusListeners, createBusListeners } from "./bus-listeners.ts";
import { createBusOutbox } from "./bus-outbox.ts";

export interface SharedBusOptions {
  /** Its backend answers the bus's methods with a `createBusHub`. */
  readonly folder: Pick<SharedFolder, "call">;
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** Before it tries again to reach an owner that could not be reached. */
const RETRY_MS = 250;

/**
 * A bus over the owner of a shared folder. Every process has one, the owner too; close it before the
 * folder. When the owner changes, listeners are told of a gap.
 */
export function createSharedBus(options: SharedBusOptions): Bus {
  const { folder, log = silentLogger, clock = systemClock } = options;
  const subscriber = randomUUID();
  const stop = new AbortController();
  const listeners = createBusListeners(log);
  const outbox = createBusOutbox({ folder, log, signal: stop.signal });
  let told: Promise<unknown> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  function call(method: string, payload: JsonValue): Promise<JsonValue> {
    return folder.call(method, payload, { repeatable: true, signal: stop.signal });
  }

  /** One after the other, so that the last word is the newest. */
  function tellTopics(): Promise<unknown> {
    const telling = told.then(() =>
      call(BUS_METHODS.listen, { subscriber, topics: listeners.topics() }),
    );
    told = telling.catch(() => {});
    return telling;
  }

  async function wait(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const answer = await call(BUS_METHODS.wait, { subscriber });
        await take(answer as unknown as BusDelivery, listeners, tellTopics);
      } catch (error) {
        if (stop.signal.aborted) return;
        const isFinal = isTrestleError(error) && !error.retryable;
        if (isFinal) return log.warn("The bus is not heard any more", { error: messageOf(error) });
        log.warn("The bus has lost its owner", { error: messageOf(error) });
        await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
      }
    }
  }

  return {
    publish: outbox.add,
    async subscribe(topic, listener) {
      const remove = listeners.add(topic, listener);
      try {
        await tellTopics();
      } catch (error) {
        remove();
        throw error;
      }
      waiting ??= wait().finally(() => {
        waiting = undefined;
      });
      return () => {
        remove();
        tellTopics().catch(() => {});
      };
    },
    async close() {
      listeners.clear();
      stop.abort();
      await waiting;
    },
  };
}

async function take(
  { known, gap, items }: BusDelivery,
  listeners: BusListeners,
  tellTopics: () => Promise<unknown>,
): Promise<void> {
  // A new owner: what it published before it knew of us is lost.
  if (!known) await tellTopics();
  if (gap || !known) listeners.tellGap();
  for (const [topic, message] of items) listeners.deliver(topic, message);
}
