import { type Clock, type JsonObject, type JsonValue, systemClock } from "@trestle/protocol";

/** The middle of a bus: lives in the process that owns the folder, behind its `FolderBackend`. */
export interface BusHub {
  /** Undefined for a method that is none of the bus. */
  answer(method: string, payload: JsonValue, signal: AbortSignal): Promise<JsonValue> | undefined;
  /** Ends what waits; call it when the owner is closing. */
  close(): void;
}

export const BUS_METHODS = {
  publish: "bus/publish",
  listen: "bus/listen",
  wait: "bus/wait",
} as const;

/** A topic and a message. */
export type BusItem = [topic: string, message: string];

/** What a subscriber is given; not `known` where it has to say first what it listens to. */
export interface BusDelivery {
  readonly known: boolean;
  readonly gap: boolean;
  readonly items: BusItem[];
}

/** What may wait for one subscriber; beyond it the oldest go, and the subscriber learns of a gap. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** A subscriber that has not asked for so long is gone. */
const FORGET_AFTER_MS = 30_000;

export function createBusHub({ clock = systemClock }: { readonly clock?: Clock } = {}): BusHub {
  const subscribers = new Map<string, Subscriber>();

  function publish(items: readonly BusItem[], gap: boolean): null {
    for (const subscriber of subscribers.values()) subscriber.take(items, gap);
    return null;
  }

  function listen(id: string, topics: readonly string[]): null {
    const known = subscribers.get(id);
    const subscriber = known ?? createSubscriber(clock, () => subscribers.delete(id));
    subscribers.set(id, subscriber);
    subscriber.listenTo(topics);
    return null;
  }

  async function wait(id: string, signal: AbortSignal): Promise<BusDelivery> {
    const delivery = await subscribers.get(id)?.next(signal);
    return delivery ?? { known: false, gap: false, items: [] };
  }

  return {
    answer(method, payload, signal) {
      const { subscriber, topics, items, gap } = payload as JsonObject;
      if (method === BUS_METHODS.publish) {
        return Promise.resolve(publish(items as BusItem[], gap === true));
      }
      if (method === BUS_METHODS.listen) {
        return Promise.resolve(listen(String(subscriber), topics as string[]));
      }
      if (method !== BUS_METHODS.wait) return undefined;
      return wait(String(subscriber), signal) as Promise<unknown> as Promise<JsonValue>;
    },
    close() {
      for (const subscriber of subscribers.values()) subscriber.end();
    },
  };
}

interface Subscriber {
  listenTo(topics: readonly string[]): void;
  take(items: readonly BusItem[], gap: boolean): void;
  /** At once where something waits; undefined where the subscriber has ended. */
  next(signal: AbortSignal): Promise<BusDelivery | undefined>;
  end(): void;
}

function createSubscriber(clock: Clock, forget: () => void): Subscriber {
  let topics: ReadonlySet<string> = new Set();
  let items: BusItem[] = [];
  let bytes = 0;
  let gap = false;
  let ended = false;
  let wake: (() => void) | undefined;
  let lastQuestion = 0;
  let cancelForgetting = clock.after(FORGET_AFTER_MS, end);

  function end(): void {
    if (ended) return;
    ended = true;
    cancelForgetting();
    forget();
    wake?.();
  }

  function keep(item: BusItem): void {
    items.push(item);
    bytes += item[1].length;
    while (bytes > MAX_WAITING_BYTES && items.length > 1) {
      const [, dropped] = items.shift() as BusItem;
      bytes -= dropped.length;
      gap = true;
    }
  }

  function takeAll(): BusDelivery {
    const delivery = { known: true, gap, items };
    items = [];
    bytes = 0;
    gap = false;
    return delivery;
  }

  return {
    listenTo(wanted) {
      topics = new Set(wanted);
    },
    take(published, hasGap) {
      gap ||= hasGap;
      for (const item of published) if (topics.has(item[0])) keep(item);
      if (gap || items.length > 0) wake?.();
    },
    async next(signal) {
      const mine = ++lastQuestion;
      wake?.();
      cancelForgetting();
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
      if (!ended && !gap && items.length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
      signal.removeEventListener("abort", end);
      if (ended) return undefined;
      // Given up by one that asked again: what there is, is for the later question.
      if (mine !== lastQuestion) return { known: true, gap: false, items: [] };
      wake = undefined;
      cancelForgetting = clock.after(FORGET_AFTER_MS, end);
      return takeAll();
    },
    end,
  };
}
