const SHORTEST = 3;
const VOWEL = /[aeiouy]/;
const PLAIN = /^[a-z]+$/;
/** Endings that make another kind of word of the same stem; the longer first. */
const DERIVED: readonly (readonly [ending: string, instead: string, shortest: number])[] = [
  ["ization", "ize", 4],
  ["ational", "ate", 4],
  ["fulness", "ful", 3],
  ["ousness", "ous", 3],
  ["iveness", "ive", 3],
  ["ations", "ate", 3],
  ["ation", "ate", 3],
  ["ility", "le", 3],
  ["ments", "", 4],
  ["ment", "", 4],
  ["ness", "", 4],
  ["ance", "", 4],
  ["ence", "", 4],
  ["able", "", 4],
  ["ible", "", 4],
  ["ally", "al", 3],
  ["ator", "ate", 3],
  ["tion", "t", 3],
  ["sion", "s", 4],
  ["ly", "", 4],
  ["er", "", 4],
  ["or", "", 4],
];

const known = new Map<string, string>();
const MOST_KNOWN = 20_000;

/**
 * What the forms of an English word have in common: `connect`, `connected` and `connections` are one. It
 * need not be a word, it must only be the same for text and question. `word` is in lower case.
 */
export function stemOf(word: string): string {
  if (word.length <= SHORTEST) return word;
  let stem = known.get(word);
  if (stem === undefined) {
    stem = PLAIN.test(word) ? makeStem(word) : word;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(word, stem);
  }
  return stem;
}

function makeStem(word: string): string {
  let stem = withoutParticiple(withoutPlural(word));
  for (const [ending, instead, shortest] of DERIVED) {
    if (!stem.endsWith(ending) || stem.length - ending.length < shortest) continue;
    stem = stem.slice(0, -ending.length) + instead;
    break;
  }
  if (stem.length > SHORTEST + 1 && stem.endsWith("e")) stem = stem.slice(0, -1);
  return stem.endsWith("y") && stem.length > SHORTEST ? `${stem.slice(0, -1)}i` : stem;
}

function withoutPlural(word: string): string {
  if (!word.endsWith("s") || /(?:ss|us|is)$/.test(word)) {
    return word.endsWith("sses") ? word.slice(0, -2) : word;
  }
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(?:x|ch|sh|ss|zz)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

function withoutParticiple(word: string): string {
  const ending = /(?:ing|ed)$/.exec(word)?.[0];
  if (ending === undefined) return word;
  const stem = word.slice(0, -ending.length);
  if (stem.length < SHORTEST || !VOWEL.test(stem)) return word;
  // `running` and `stopped` doubled their last letter, `failing` and `passed` did not.
  if (/([bdgmnprt])\1$/.test(stem)) return stem.slice(0, -1);
  return stem;
}
