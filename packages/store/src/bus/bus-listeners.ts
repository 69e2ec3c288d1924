import { type Logger, messageOf } from "@trestle/protocol";
import type { BusListener } from "./bus.ts";

/** Who listens to what within one process. */
export interface BusListeners {
  add(topic: string, listener: BusListener): () => void;
  topics(): string[];
  deliver(topic: string, message: string): void;
  tellGap(): void;
  clear(): void;
}

export function createBusListeners(log: Logger): BusListeners {
  // The same listener may be added twice, hence an object for each time.
  const all = new Set<{ readonly topic: string; readonly listener: BusListener }>();

  function tell(topic: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      log.error("A listener of the bus failed", { topic, error: messageOf(error) });
    }
  }

  return {
    add(topic, listener) {
      const one = { topic, listener };
      all.add(one);
      return () => all.delete(one);
    },
    topics: () => [...new Set([...all].map(({ topic }) => topic))],
    deliver(topic, message) {
      for (const one of [...all]) {
        if (one.topic === topic && all.has(one)) tell(topic, () => one.listener.onMessage(message));
      }
    },
    tellGap() {
      for (const { topic, listener } of [...all]) tell(topic, () => listener.onGap?.());
    },
    clear: () => all.clear(),
  };
}
