import { type Clock, type JsonObject, parseJson } from "@trestle/protocol";
import { cacheKeyOf, isPlainRequest } from "./cache-key.ts";
import { createMemoryCache } from "./cache-memory.ts";
import type { Call } from "./call.ts";

/** The newest answer to each read, kept for the time when there is none. */
export interface LastGood {
  keep(call: Call, result: JsonObject): void;
  find(call: Call, maxAgeMs: number): JsonObject | undefined;
  /** Drops the answers of a server: another one stands behind its id. */
  forget(server: string): void;
}

export interface LastGoodParts {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Nothing is kept for longer. */
  readonly maxAgeMs: number;
}

export const DEFAULT_LAST_GOOD: Omit<LastGoodParts, "clock"> = {
  maxBytes: 16 * 1024 * 1024,
  maxAgeMs: 24 * 3_600_000,
};

/** Each principal's own answers, in this process. Writes do not end them: whoever asks wants any answer at all. */
export function createLastGood({ clock, maxBytes, maxAgeMs }: LastGoodParts): LastGood {
  const kept = createMemoryCache({ clock, maxBytes });
  return {
    keep(call, result) {
      if (!isPlainRequest(call)) return;
      const now = clock.now();
      const text = JSON.stringify(result);
      kept.put(
        cacheKeyOf(call),
        { text, askedAt: now, ttlMs: maxAgeMs, dropAt: now + maxAgeMs },
        0,
      );
    },
    find(call, age) {
      const entry = kept.get(cacheKeyOf(call));
      if (entry === undefined || clock.now() - entry.askedAt > age) return undefined;
      return parseJson(entry.text) as JsonObject;
    },
    forget: (server) => void kept.clear({ server }),
  };
}
