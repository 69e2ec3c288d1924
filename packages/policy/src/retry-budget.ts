import type { Clock } from "@trestle/protocol";

export interface RetryBudgetSettings {
  /** Retries that may be made at once. */
  readonly capacity: number;
  /** Retries earned by each call. */
  readonly perCall: number;
  /** Retries earned by each second, so that a server that is seldom called has some, too. */
  readonly perSecond: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetSettings = {
  capacity: 50,
  perCall: 0.2,
  perSecond: 0.5,
};

export interface RetryBudget {
  /** A call began. */
  earn(server: string): void;
  /** Takes one retry, if there is one left. */
  spend(server: string): boolean;
}

/** Keeps a failing upstream from being called much more often than it is asked for. */
export function createRetryBudget(
  clock: Clock,
  { capacity, perCall, perSecond }: RetryBudgetSettings = DEFAULT_RETRY_BUDGET,
): RetryBudget {
  const buckets = new Map<string, { tokens: number; since: number }>();

  function bucketOf(server: string): { tokens: number; since: number } {
    const now = clock.now();
    const bucket = buckets.get(server) ?? { tokens: capacity, since: now };
    buckets.set(server, bucket);
    const earned = ((now - bucket.since) / 1000) * perSecond;
    bucket.tokens = Math.min(capacity, bucket.tokens + earned);
    bucket.since = now;
    return bucket;
  }

  return {
    earn(server) {
      const bucket = bucketOf(server);
      bucket.tokens = Math.min(capacity, bucket.tokens + perCall);
    },
    spend(server) {
      const bucket = bucketOf(server);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
