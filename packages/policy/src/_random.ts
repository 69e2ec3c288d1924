/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 to 1. */
  next(): number;
  /** A whole number from 0 to `end - 1`. */
  below(end: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)] as never,
  };
}

/** `ROUNDS` and `SEED` of the environment; a fresh seed by default. */
export function roundsAndSeed(rounds: number): { readonly rounds: number; readonly seed: number } {
  return {
    rounds: Number(process.env.ROUNDS ?? rounds),
    seed: Number(process.env.SEED ?? Date.now() % 1_000_000),
  };
}
