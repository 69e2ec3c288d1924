import type { Config } from "./load.ts";

/** The configuration as it stands now. What reads through it follows every change. */
export interface LiveConfig {
  current(): Config;
  /** Makes `next` the configuration and tells everyone, in the order in which they subscribed. */
  replace(next: Config): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (next: Config, before: Config) => void): () => void;
}

export function createLiveConfig(first: Config): LiveConfig {
  const listeners = new Set<(next: Config, before: Config) => void>();
  let config = first;
  return {
    current: () => config,
    replace(next) {
      const before = config;
      config = next;
      for (const listener of [...listeners]) listener(next, before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
