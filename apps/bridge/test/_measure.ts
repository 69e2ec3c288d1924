/** A figure that a test measured, on a line of the runner's own output. */
export function report(line: string): void {
  process.stdout.write(`  measured: ${line}\n`);
}

export function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

/** A generator of numbers in [0, 1) that a seed repeats. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
