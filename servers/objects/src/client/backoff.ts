/** How long to wait between attempts. */
export interface BackoffSettings {
  /** The longest wait before the first new attempt, in milliseconds; it doubles with each failure. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly mostMs: number;
}

export const DEFAULT_BACKOFF: BackoffSettings = { baseMs: 2_000, mostMs: 30_000 };

/**
 * A wait of any length up to the bound of this attempt (full jitter): clients that lost one host at the same moment
 * come back one by one, not in waves. A host that says how long to wait is never asked earlier, and what is added
 * to its word is drawn as well.
 * @param failures How often it failed in a row; 0 before anything failed.
 * @param random At least 0, below 1.
 */
export function backoffMs(
  failures: number,
  random: () => number,
  { settings = DEFAULT_BACKOFF, atLeastMs = 0 }: BackoffOptions = {},
): number {
  return atLeastMs + Math.floor(random() * boundMs(failures, settings));
}

export interface BackoffOptions {
  readonly settings?: BackoffSettings;
  readonly atLeastMs?: number;
}

/** The bound of an attempt: doubled each time, up to the most. */
export function boundMs(failures: number, { baseMs, mostMs }: BackoffSettings): number {
  return Math.min(mostMs, baseMs * 2 ** Math.min(Math.max(failures, 0), 30));
}
