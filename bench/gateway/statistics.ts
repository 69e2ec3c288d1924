/** Order statistics of one cell's samples, and the line through many. */

export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1));
  return sorted[at] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Interval {
  readonly median: number;
  /** 95 % interval of the median, from the order statistics of a binomial. */
  readonly low: number;
  readonly high: number;
}

export function medianWithInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const spread = (1.96 * Math.sqrt(sorted.length)) / 2;
  const low = Math.max(0, Math.floor(sorted.length / 2 - spread));
  const high = Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + spread) - 1);
  return {
    median: median(sorted),
    low: sorted[low] ?? Number.NaN,
    high: sorted[high] ?? Number.NaN,
  };
}

/** The ratio of two figures of the same round, over all rounds. */
export function ratioWithInterval(of: readonly number[], to: readonly number[]): Interval {
  return medianWithInterval(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}

export function showInterval({ median, low, high }: Interval, digits = 2): string {
  return `${median.toFixed(digits)} [${low.toFixed(digits)}–${high.toFixed(digits)}]`;
}

export interface Slope {
  readonly slope: number;
  /** Standard error of the slope. */
  readonly error: number;
}

/** The straight line that fits best, by least squares. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const xx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const xy = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const slope = xy / xx;
  const left = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(left / Math.max(1, count - 2) / xx) };
}
