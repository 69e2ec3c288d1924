const LOGS = [0, 0];

/** Natural logarithm of n!. */
function logFactorial(n: number): number {
  for (let next = LOGS.length; next <= n; next += 1) {
    LOGS.push((LOGS[next - 1] as number) + Math.log(next));
  }
  return LOGS[n] as number;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

export interface Overlap {
  /** How many of all have both. */
  readonly both: number;
  readonly first: number;
  readonly second: number;
  readonly all: number;
}

/** Fisher's exact test, one-sided: how probable so many or more with both are, if neither knows of the other. */
export function fisherTail({ both, first, second, all }: Overlap): number {
  const most = Math.min(first, second);
  const total = logChoose(all, second);
  let sum = 0;
  for (let count = both; count <= most; count += 1) {
    if (second - count > all - first) continue;
    const before = sum;
    sum += Math.exp(logChoose(first, count) + logChoose(all - first, second - count) - total);
    // Those that follow are smaller still.
    if (sum > 0 && sum === before) break;
  }
  return Math.min(1, sum);
}

/** How much more often both are there than by chance: 1 is chance. */
export function liftOf({ both, first, second, all }: Overlap): number {
  return (both * all) / (first * second);
}

/** How probable `hits` or more of `trials` are, each with `chance`. */
export function binomialTail(hits: number, trials: number, chance: number): number {
  if (hits <= 0) return 1;
  if (chance <= 0) return 0;
  let sum = 0;
  for (let count = hits; count <= trials; count += 1) {
    const log =
      logChoose(trials, count) + count * Math.log(chance) + (trials - count) * Math.log1p(-chance);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

/**
 * Benjamini and Hochberg (1995): of each p-value the smallest false discovery rate at which it is a discovery.
 * `tests` counts also those that were not computed because they could be none; they stand for 1.
 */
export function adjusted(pValues: readonly number[], tests: number): number[] {
  const order = pValues.map((_, at) => at).sort((a, b) => (pValues[b] ?? 0) - (pValues[a] ?? 0));
  const rates = new Array<number>(pValues.length).fill(1);
  let least = 1;
  for (const [index, at] of order.entries()) {
    const rank = pValues.length - index;
    least = Math.min(least, ((pValues[at] ?? 1) * tests) / rank);
    rates[at] = least;
  }
  return rates;
}
