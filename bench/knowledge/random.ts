export type Random = ReturnType<typeof createRandom>;

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
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
    hex: (digits: number) =>
      Array.from({ length: digits }, () => "0123456789abcdef"[below(16)]).join(""),
  };
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** The word with one letter left out, put in, replaced or swapped with its neighbour; its first stays. */
function misspelt(word: string, random: Random): string {
  const at = 1 + random.below(Math.max(1, word.length - 2));
  const letter = random.pick([...LETTERS]);
  const [before, after] = [word.slice(0, at), word.slice(at + 1)];
  switch (random.below(4)) {
    case 0:
      return `${before}${after}`;
    case 1:
      return `${before}${letter}${word.slice(at)}`;
    case 2:
      return `${before}${letter}${after}`;
    default:
      return `${before}${word[at + 1] ?? ""}${word[at]}${word.slice(at + 2)}`;
  }
}

/** The text with a share of its words of at least four letters misspelt. */
export function withTypos(text: string, share: number, random: Random): string {
  return text.replace(/[A-Za-z]{4,}/g, (word) => {
    return random.chance(share) ? misspelt(word, random) : word;
  });
}
