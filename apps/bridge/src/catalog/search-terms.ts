import { partsOf, type SearchIndex } from "./search-index.ts";
import { synonymsOf, withoutPhrases } from "./synonyms.ts";
import { stemOf, wordsOf } from "./words.ts";

/** How surely another word is meant: one with the same meaning, one that begins so, one spelt alike. */
const SYNONYM = 0.85;
const PREFIX = 0.7;
const TYPO = 0.7;
/** How like a misspelt word must be to a known one. */
const LEAST_LIKENESS = 0.5;
const MOST_GUESSES = 4;
/** Letters too many or too few. */
const MOST_DIFFERENCE = 3;
const MOST_BEGINNINGS = 24;
/** Of more words there are in a request the first count. */
const MOST_TERMS = 32;

/** Words of a request that say nothing of what is wanted. */
const EMPTY = new Set(
  [
    "a an the of to in on at by for from with and or is are was be do does did it its this that these those my me i",
    "we our you your us please can could would should will want how everything something anything nothing somebody",
    "someone anybody everybody else so then now into onto as if there here just also too very some",
  ].flatMap((line) => line.split(" ")),
);

/** The stems of a request that say what is wanted; two words also as one: `screen shot`. */
export function termsOf(query: string, { postings }: SearchIndex): string[] {
  const words = wordsOf(withoutPhrases(query)).slice(0, MOST_TERMS);
  const terms = new Set<string>();
  for (const [at, word] of words.entries()) {
    const pair = stemOf(`${word}${words[at + 1] ?? ""}`);
    if (words[at + 1] !== undefined && postings.has(pair)) terms.add(pair);
    if (!EMPTY.has(word)) terms.add(stemOf(word));
  }
  return terms.size === 0 ? words.map(stemOf) : [...terms];
}

/** The known stems that one of the query may mean, and how surely. */
export function meaningsOf(word: string, index: SearchIndex): ReadonlyMap<string, number> {
  const { postings } = index;
  const meanings = new Map<string, number>();
  const isKnown = postings.has(word);
  for (const [other, nearness] of synonymsOf(word) ?? []) {
    if (postings.has(other)) meanings.set(other, isKnown ? nearness * SYNONYM : nearness);
  }
  if (word.length >= 3) addBeginnings(word, index, meanings);
  if (isKnown) meanings.set(word, 1);
  if (meanings.size > 0 || word.length < 3) return meanings;
  for (const [known, likeness] of alike(word, index)) meanings.set(known, TYPO * likeness);
  return meanings;
}

/** `file` of `files`, `repo` of `repository`; `files` for `file`, where what is left over is short. */
function addBeginnings(
  word: string,
  { postings, sorted }: SearchIndex,
  meanings: Map<string, number>,
): void {
  const first = firstFrom(sorted, word);
  for (let at = first; at < Math.min(sorted.length, first + MOST_BEGINNINGS); at += 1) {
    const known = sorted[at] ?? "";
    if (!known.startsWith(word)) break;
    const sureness = PREFIX * Math.sqrt(word.length / known.length);
    meanings.set(known, Math.max(meanings.get(known) ?? 0, sureness));
  }
  for (let end = word.length - 1; end >= Math.max(4, word.length - 3); end -= 1) {
    const known = word.slice(0, end);
    if (postings.has(known)) meanings.set(known, PREFIX);
  }
}

function firstFrom(sorted: readonly string[], word: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

function alike(word: string, { sorted, trigrams }: SearchIndex): [string, number][] {
  const own = partsOf(word);
  const shared = new Map<number, number>();
  for (const part of own) {
    for (const at of trigrams.get(part) ?? []) {
      const difference = (sorted[at]?.length ?? 0) - word.length;
      if (Math.abs(difference) <= MOST_DIFFERENCE) shared.set(at, (shared.get(at) ?? 0) + 1);
    }
  }
  const guesses: [string, number][] = [];
  for (const [at, count] of shared) {
    const known = sorted[at] ?? "";
    // A word has about as many trigrams as letters, and one for its end.
    const likeness = (2 * count) / (own.length + known.length + 1);
    if (likeness >= LEAST_LIKENESS) guesses.push([known, likeness]);
  }
  return guesses.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MOST_GUESSES);
}
