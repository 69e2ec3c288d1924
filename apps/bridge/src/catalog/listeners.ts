import type { ServerEvent } from "@trestle/protocol";

/** Whoever wants to be told. */
export interface Listeners {
  emit(event: ServerEvent): void;
  /** Returns the function that ends it. */
  subscribe(listener: (event: ServerEvent) => void): () => void;
}

export function createListeners(): Listeners {
  const listeners = new Set<(event: ServerEvent) => void>();
  return {
    emit(event) {
      for (const listener of [...listeners]) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
