/** Something that the palette leads to or does. */
export interface Suggestion {
  readonly id: string;
  readonly label: string;
  /** What kind it is, shown at the end. */
  readonly kind: string;
  /** Found by these words, too. */
  readonly also?: string | undefined;
  readonly run: () => void;
}

/** Those that fit what is written, the best first: a beginning before a word, a word before letters in order. */
export function rank(
  all: readonly Suggestion[],
  asked: string,
  most: number,
): readonly Suggestion[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .map((each, index) => ({ each, index, score: scoreOf(each, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, most)
    .map(({ each }) => each);
}

function scoreOf({ label, also = "", kind }: Suggestion, words: readonly string[]): number {
  const scores = words.map((word) =>
    Math.max(
      fit(label.toLowerCase(), word),
      fit(also.toLowerCase(), word) / 2,
      fit(kind.toLowerCase(), word) / 4,
    ),
  );
  return scores.every((score) => score > 0) ? 1 + scores.reduce((sum, score) => sum + score, 0) : 0;
}

function fit(text: string, word: string): number {
  if (text.startsWith(word)) return 8;
  if (text.split(/[^a-z0-9]+/).some((part) => part.startsWith(word))) return 6;
  if (text.includes(word)) return 4;
  return hasInOrder(text, word) ? 1 : 0;
}

function hasInOrder(text: string, letters: string): boolean {
  let at = -1;
  for (const letter of letters) {
    at = text.indexOf(letter, at + 1);
    if (at === -1) return false;
  }
  return true;
}
