import { randomInt } from "node:crypto";

export const rounds: number = Number(process.env.ROUNDS ?? 400);
export const seed: number = Number(process.env.SEED ?? randomInt(2 ** 31));

export type Random = ReturnType<typeof createRandom>;

/** Mulberry32: small, and the same everywhere. */
export function createRandom(start: number) {
  let state = start >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (share: number) => next() < share,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
  };
}
