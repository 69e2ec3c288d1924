import { type Logger, silentLogger } from "@trestle/protocol";
import type { Bus } from "./bus.ts";
import { createBusListeners } from "./bus-listeners.ts";

/** A bus for one process. */
export function createMemoryBus({ log = silentLogger }: { readonly log?: Logger } = {}): Bus {
  const listeners = createBusListeners(log);
  return {
    // Later, so that no listener runs inside whoever publishes.
    publish: (topic, message) => queueMicrotask(() => listeners.deliver(topic, message)),
    subscribe: async (topic, listener) => listeners.add(topic, listener),
    close: async () => listeners.clear(),
  };
}
