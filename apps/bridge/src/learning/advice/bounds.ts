import type { Tuning } from "./advise.ts";
import { MOST_AT_ONCE } from "./concurrency.ts";
import { MOST_RETRIES } from "./retries.ts";

/** How far a running bridge may go by itself from what is configured. What it may not, a person can. */
const TTL = { factor: 4, mostMs: 3_600_000 };
const TIMEOUT = { shorter: 4, longer: 2, leastMs: 1_000 };
const CONCURRENCY = { factor: 2 };

/**
 * What of an advice a bridge may follow by itself; undefined where nothing: it never begins to keep answers
 * that nobody said may be kept.
 */
export function withinBounds(
  { kind, to }: Pick<Tuning, "kind" | "to">,
  configured: number | undefined,
): number | undefined {
  if (configured === undefined) return undefined;
  const bounded = boundedTo({ kind, to }, configured);
  return bounded === configured ? undefined : bounded;
}

function boundedTo({ kind, to }: Pick<Tuning, "kind" | "to">, configured: number): number {
  switch (kind) {
    case "ttl": {
      const most = Math.max(configured, Math.min(TTL.mostMs, configured * TTL.factor));
      return clamp(to, Math.ceil(configured / TTL.factor), most);
    }
    case "retries":
      return clamp(to, 0, MOST_RETRIES);
    case "timeout": {
      const least = Math.max(TIMEOUT.leastMs, Math.ceil(configured / TIMEOUT.shorter));
      return clamp(to, Math.min(configured, least), configured * TIMEOUT.longer);
    }
    case "concurrency": {
      const least = Math.max(1, Math.ceil(configured / CONCURRENCY.factor));
      const most = Math.max(configured, Math.min(MOST_AT_ONCE, configured * CONCURRENCY.factor));
      return clamp(to, least, most);
    }
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
