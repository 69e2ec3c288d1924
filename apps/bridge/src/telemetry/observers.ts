import type { HistoryRow } from "@trestle/policy";

/** Somebody who counts calls. Never throws and never waits. */
export interface Observer {
  observe(row: HistoryRow): void;
}

/** Whoever counts calls now. Those who come later cost nothing before. */
export interface Observers extends Observer {
  /** Returns the function that ends it. */
  add(observer: Observer): () => void;
}

export function createObservers(): Observers {
  const all: Observer[] = [];
  return {
    observe(row) {
      for (const each of all) each.observe(row);
    },
    add(observer) {
      all.push(observer);
      return () => {
        const at = all.indexOf(observer);
        if (at !== -1) all.splice(at, 1);
      };
    },
  };
}
