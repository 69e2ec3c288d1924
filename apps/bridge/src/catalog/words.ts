/** `runSQL`, `run_sql` and `Run SQL` are the same words. */
export function wordsOf(text: string): string[] {
  return text
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

const SUFFIXES: readonly (readonly [RegExp, string])[] = [
  [/'s$/, ""],
  [/sses$/, "ss"],
  [/ies$/, "y"],
  [/(x|ch|sh|s)es$/, "$1"],
  [/([^suai])s$/, "$1"],
];
const ENDINGS = /(?:ations?|itions?|ions?|ing|ed|ment|er|or|e|y)$/;
const SHORTEST_STEM = 3;

const stems = new Map<string, string>();
const MOST_STEMS = 50_000;

/**
 * What the forms of a word have in common: `create`, `creates`, `created` and `creation` are one. English
 * only, and rough: it need not be a word, it must only be the same for text and request.
 */
export function stemOf(word: string): string {
  let stem = stems.get(word);
  if (stem === undefined) {
    stem = makeStem(word);
    if (stems.size >= MOST_STEMS) stems.clear();
    stems.set(word, stem);
  }
  return stem;
}

function makeStem(word: string): string {
  if (word.length <= SHORTEST_STEM || !/^[a-z']+$/.test(word)) return word;
  let stem = word;
  for (const [pattern, by] of SUFFIXES) {
    const shorter = stem.replace(pattern, by);
    if (shorter === stem) continue;
    stem = shorter;
    break;
  }
  for (let round = 0; round < 2; round += 1) {
    const shorter = stem.replace(ENDINGS, "");
    if (shorter.length < SHORTEST_STEM || !/[aeiouy]/.test(shorter)) break;
    stem = shorter;
  }
  // `running` is `run`, but `fill` is not `fil` in one form only: both ends are always one letter.
  return stem.replace(/([b-df-hj-np-tv-z])\1$/, "$1");
}
