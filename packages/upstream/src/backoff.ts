/** Exponential delay with full jitter on its upper half, so that many do not come back in step. */
export function backoffDelay(
  attempt: number,
  { firstMs, maxMs, random }: { firstMs: number; maxMs: number; random: () => number },
): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(whole / 2 + (whole / 2) * random());
}
