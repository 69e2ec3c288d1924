export interface SeededRandom {
  /** At least 0, below 1. */
  next(): number;
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** Bytes that no compression makes less of. */
  bytes(count: number): Uint8Array;
  rounds(byDefault: number): number;
}

/** Repeatable randomness; the seed is printed so that a failure can be run again. */
export function seededRandom(): SeededRandom {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
  process.stderr.write(`SEED=${seed}\n`);
  let state = seed >>> 0 || 1;
  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
    rounds: (byDefault) => Number(process.env.ROUNDS ?? byDefault),
  };
}
