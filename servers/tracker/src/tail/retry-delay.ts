/** Milliseconds: doubled from one failure to the next. */
const RETRY_MS = { first: 500, most: 30_000 };

/** So long after something failed for the so-many-and-first time it is tried again. */
export function retryDelay(failures: number): number {
  return Math.min(RETRY_MS.first * 2 ** failures, RETRY_MS.most);
}
