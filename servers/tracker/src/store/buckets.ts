import { TrestleError } from "@trestle/protocol";
import { SPAN_MS } from "./commit/sums.ts";
import type { TimeRange } from "./queries.ts";

interface Bucketing extends TimeRange {
  readonly buckets?: number;
}

const MAX_BUCKETS = 100;

/** Throws `invalid_input` where buckets are asked for and cannot be made. */
export function checkBuckets({ buckets, from, to }: Bucketing): void {
  if (buckets === undefined) return;
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > MAX_BUCKETS) {
    throw new TrestleError("invalid_input", `buckets is ${buckets}; give 1 to ${MAX_BUCKETS}.`);
  }
  if (from === undefined || to === undefined || from >= to) {
    throw new TrestleError("invalid_input", "buckets need a time: give from, and to after it.");
  }
}

/** Counts of spans, put into as many equal parts of the time as were asked for. */
export function bucketsOf(
  counts: readonly { readonly at: number; readonly count: number }[],
  { buckets = 0, from = 0, to = 0 }: Bucketing,
): number[] {
  const sums = Array.from({ length: buckets }, () => 0);
  for (const { at, count } of counts) {
    const part = Math.floor(((Math.max(at, from) - from) / (to - from)) * buckets);
    sums[part] = (sums[part] ?? 0) + count;
  }
  return sums;
}

/** Throws `invalid_input` for spans that the counted ones cannot be put together to. */
export function checkSpan(spanMs: number): void {
  if (Number.isInteger(spanMs) && spanMs > 0 && spanMs % SPAN_MS === 0) return;
  throw new TrestleError("invalid_input", `spanMs is ${spanMs}; give a multiple of ${SPAN_MS}.`);
}
