/**
 * Durations counted in buckets that grow by a fixed ratio: any quantile is right to 2 %, whatever the
 * durations are, and two counts add up bucket by bucket.
 */
export type Durations = Uint32Array;

export const RELATIVE_ERROR = 0.02;
const RATIO = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const PER_LOG = 1 / Math.log(RATIO);
/** A microsecond: nothing is told apart below it. */
const SMALLEST_MS = 0.001;
/** Enough for more than a day. */
const BUCKETS = 640;

export function newDurations(): Durations {
  return new Uint32Array(BUCKETS);
}

export function addDuration(durations: Durations, ms: number): void {
  const bucket = bucketOf(ms);
  durations[bucket] = (durations[bucket] ?? 0) + 1;
}

export function addDurations(into: Durations, from: Durations): void {
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const count = from[bucket];
    if (count) into[bucket] = (into[bucket] ?? 0) + count;
  }
}

/** The duration that `share` of all, from 0 to 1, do not exceed (nearest rank). */
export function quantile(durations: Durations, count: number, share: number): number {
  const rank = Math.max(1, Math.ceil(share * count));
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    seen += durations[bucket] ?? 0;
    if (seen >= rank) return middleOf(bucket);
  }
  return 0;
}

/** Pairs of gap and count as variable-length integers: a few bytes for each bucket in use. */
export function packDurations(durations: Durations): Uint8Array {
  const bytes: number[] = [];
  let last = -1;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const count = durations[bucket];
    if (!count) continue;
    pushNumber(bytes, bucket - last);
    pushNumber(bytes, count);
    last = bucket;
  }
  return Uint8Array.from(bytes);
}

/** Adds what `packDurations` packed. Bytes that it did not write are no durations, and are passed over. */
export function unpackInto(into: Durations, bytes: Uint8Array): void {
  let at = 0;
  let bucket = -1;
  function next(): number {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  }
  while (at < bytes.length) {
    bucket += next();
    const count = next();
    if (bucket >= 0 && bucket < BUCKETS) into[bucket] = (into[bucket] ?? 0) + count;
  }
}

function bucketOf(ms: number): number {
  // Neither a number below the smallest nor one that is none.
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST_MS) * PER_LOG));
}

/** As far from either end of the bucket, relatively. */
function middleOf(bucket: number): number {
  return bucket === 0 ? SMALLEST_MS : (SMALLEST_MS * RATIO ** bucket * 2) / (RATIO + 1);
}

function pushNumber(bytes: number[], value: number): void {
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
}
