/** `ROUNDS` and `SEED` of the environment; few rounds and a fresh seed in a usual run. */
export function roundsAndSeed(usual: number): { readonly rounds: number; readonly seed: number } {
  const { ROUNDS = usual, SEED = Date.now() % 1_000_000 } = process.env;
  return { rounds: Number(ROUNDS), seed: Number(SEED) };
}

/** Mulberry32: at least 0, below 1, and for a seed the same everywhere. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
