import type { Operation } from "./operations.ts";

/**
 * What goes wrong with a request:
 * - `status`: it is answered with an error, and does nothing;
 * - `lose_request`: the socket is cut before anything is done;
 * - `lose_response`: it is done, and the socket is cut instead of an answer;
 * - `late`: the socket is cut at once, and it is done only `ms` later, by the server's clock;
 * - `slow`: it is done and answered `ms` later, by the server's clock;
 * - `hang`: it is never answered, nor done;
 * - `cut_body`: half of the body of the answer comes, then the socket is cut.
 */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      /** What S3 would call it; `InternalError` where left out. */
      readonly code?: string;
      /** Seconds in `Retry-After`. */
      readonly retryAfter?: number;
    }
  | { readonly kind: "lose_request" | "lose_response" | "hang" | "cut_body" }
  | { readonly kind: "late" | "slow"; readonly ms: number };

export interface FaultRule {
  readonly fault: Fault;
  /** All where left out. */
  readonly operations?: readonly Operation[];
  /** Of a DeleteObjects, it hits single keys, whose errors stand in the answer to all. */
  readonly key?: RegExp;
  /** How many requests it hits; without end where left out. */
  readonly times?: number;
  /** How many of those that match are let through first. */
  readonly after?: number;
  /** The share of matching requests that it hits, 0–1, by the server's seed; all where left out. */
  readonly rate?: number;
}

export interface Faults {
  /** Adds a rule; the function takes it out. The first rule that hits decides. */
  inject(rule: FaultRule): () => void;
  clear(): void;
  /** The fault of a request; of one of many keys where `isOneOfMany`. */
  take(operation: Operation, key: string, isOneOfMany?: boolean): Fault | undefined;
}

export function createFaults(random: () => number): Faults {
  const rules = new Set<{ readonly rule: FaultRule; hits: number; seen: number }>();
  return {
    inject(rule) {
      const kept = { rule, hits: 0, seen: 0 };
      rules.add(kept);
      return () => rules.delete(kept);
    },
    clear: () => rules.clear(),
    take(operation, key, isOneOfMany = false) {
      for (const kept of rules) {
        const { rule } = kept;
        const isOfKeys = operation === "DeleteObjects" && rule.key !== undefined;
        if (isOfKeys !== isOneOfMany) continue;
        if (rule.operations && !rule.operations.includes(operation)) continue;
        if (rule.key && !rule.key.test(key)) continue;
        kept.seen += 1;
        if (kept.seen <= (rule.after ?? 0) || kept.hits >= (rule.times ?? Infinity)) continue;
        if (rule.rate !== undefined && random() >= rule.rate) continue;
        kept.hits += 1;
        return rule.fault;
      }
      return undefined;
    },
  };
}

const WRITES: ReadonlySet<Operation> = new Set<Operation>([
  ...(["PutObject", "CopyObject", "CompleteMultipartUpload"] as const),
]);

/** Knows when each key was last written, and so whether the next write comes too early. */
export function createWriteLimit(
  perSecond: number | undefined,
  now: () => number,
): {
  isTooEarly(operation: Operation, key: string): boolean;
  wrote(operation: Operation, key: string): void;
} {
  const last = new Map<string, number>();
  return {
    isTooEarly(operation, key) {
      const written = perSecond !== undefined && WRITES.has(operation) && last.get(key);
      return typeof written === "number" && now() - written < 1_000 / (perSecond ?? 1);
    },
    wrote(operation, key) {
      if (perSecond !== undefined && WRITES.has(operation)) last.set(key, now());
    },
  };
}
