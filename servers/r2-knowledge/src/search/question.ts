import type { JsonObject } from "@trestle/protocol";
import type { Documents } from "./documents.ts";
import { toEntry } from "./entry.ts";
import type { SearchQuery } from "./query.ts";
import type { Spellings } from "./spellings.ts";
import { countOf, FRAME, isInTemplate, kindOf, termsOf, WHAT, WHERE, WORD } from "./terms.ts";
import { trigramsOf } from "./trigrams.ts";

/** How surely a known word is meant by a misspelt one with so many wrong letters. */
const SURENESS = [1, 0.8, 0.5];
/** A longer question is cut to the terms that tell most. */
const MOST_TERMS = 400;

/** A query in the terms of an index. */
export interface Question {
  readonly words: readonly QuestionTerm[];
  readonly frames: readonly QuestionTerm[];
  /** Terms of the fingerprint, -1 where no document has it. */
  readonly what: number;
  readonly where: number;
  readonly hasError: boolean;
  readonly hasWords: boolean;
  /** How often each trigram is in the words of the template. */
  readonly trigrams: ReadonlyMap<number, number>;
  /** Squared length of the vector of words, of known and unknown ones. */
  readonly wordNorm: number;
  /** What the best possible document could get of BM25. */
  readonly wordCeiling: number;
  readonly frameNorm: number;
  readonly corrections: Readonly<Record<string, readonly string[]>>;
}

export interface QuestionTerm {
  readonly term: number;
  readonly text: string;
  /** How rare it is. */
  readonly rarity: number;
  readonly flatRarity: number;
  /** How much it counts in the question. */
  readonly weight: number;
}

/** How rare a term is: little for one that nearly all documents have. */
function rarityOf(frequency: number, documents: number): number {
  return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
}

/** The same, flatter: of use where all words of a document count, not only those that are looked for. */
export function flatRarityOf(frequency: number, documents: number): number {
  return Math.log(1 + documents / (frequency + 1));
}

/** How much a count of a word says: the second less than the first. */
export function dampened(count: number): number {
  return 1 + Math.log(count);
}

/** Undefined where the query says nothing to look for. */
export function toQuestion(
  query: SearchQuery,
  documents: Documents,
  spellings: Spellings,
): Question | undefined {
  const { name, message, stack, context } = query;
  const said = [message, query.text].filter((text) => text !== undefined).join("\n");
  // Cut as records are: what they can not have is not missed.
  const texts = toEntry({ name, message: said, stack, context } as JsonObject, 0);
  const terms = [...termsOf(texts)];
  // Of a text without words only its fingerprint is left.
  if (!terms.some(([text]) => kindOf(text) <= FRAME)) return undefined;
  const asked = terms
    .filter(([text]) => kindOf(text) === WORD)
    .map(([text, impact]) => toAsked(text, impact, documents, spellings));
  const unknown = asked.filter(({ isKnown, meanings }) => !isKnown && meanings.length > 0);
  const frames = framesOf(terms, documents);
  const { terms: known } = documents.postings;
  const find = (kind: number) =>
    known.find(terms.find(([text]) => kindOf(text) === kind)?.[0] ?? "");
  return {
    words: merged(asked.flatMap(({ meanings }) => meanings)),
    frames,
    what: find(WHAT),
    where: find(WHERE),
    hasError: message !== undefined,
    hasWords: asked.length > 0,
    trigrams: trigramsIn(terms),
    wordNorm: asked.reduce((sum, each) => sum + (each.weight * each.flatRarity) ** 2, 0),
    wordCeiling: asked.reduce((sum, each) => sum + each.weight * each.rarity, 0),
    frameNorm: frames.reduce((sum, each) => sum + (each.weight * each.flatRarity) ** 2, 0),
    corrections: Object.fromEntries(
      unknown.map(({ text, meanings }) => [text, meanings.map((each) => each.text)]),
    ),
  };
}

interface Asked {
  readonly text: string;
  readonly isKnown: boolean;
  readonly weight: number;
  /** Of the rarest meaning: a word with several is still one word, and one without any is missed by all. */
  readonly rarity: number;
  readonly flatRarity: number;
  readonly meanings: readonly QuestionTerm[];
}

function toAsked(
  text: string,
  impact: number,
  { postings, size }: Documents,
  spellings: Spellings,
): Asked {
  const weight = dampened(countOf(impact));
  const term = postings.terms.find(text);
  const frequency = (each: number) => postings.frequencies[each] ?? 0;
  const isKnown = frequency(term) > 0;
  const meant = isKnown ? [{ term, distance: 0 }] : spellings.of(text);
  const meanings = meant.map(({ term: other, distance }) => ({
    term: other,
    text: postings.terms.textOf(other),
    rarity: rarityOf(frequency(other), size),
    flatRarity: flatRarityOf(frequency(other), size),
    weight: weight * (SURENESS[distance] ?? 0),
  }));
  const least = meanings.length === 0 ? 0 : Math.min(...meant.map((each) => frequency(each.term)));
  const rarity = rarityOf(least, size);
  return { text, isKnown, weight, rarity, flatRarity: flatRarityOf(least, size), meanings };
}

/** Each term once, the rarest first; equally rare ones in the order of the alphabet. */
function merged(words: readonly QuestionTerm[]): QuestionTerm[] {
  const byTerm = new Map<number, QuestionTerm>();
  for (const word of words) {
    const known = byTerm.get(word.term);
    if (known === undefined || known.weight < word.weight) byTerm.set(word.term, word);
  }
  return [...byTerm.values()]
    .sort((a, b) => b.rarity - a.rarity || (a.text < b.text ? -1 : 1))
    .slice(0, MOST_TERMS);
}

/** Frames of the question, those that no document has among them: what is missed counts, too. */
function framesOf(
  terms: readonly [string, number][],
  { postings, size }: Documents,
): QuestionTerm[] {
  return terms
    .filter(([text]) => kindOf(text) === FRAME)
    .map(([text, impact]) => {
      const term = postings.terms.find(text);
      const frequency = postings.frequencies[term] ?? 0;
      const rarity = rarityOf(frequency, size);
      return {
        term,
        text,
        rarity,
        flatRarity: flatRarityOf(frequency, size),
        weight: countOf(impact),
      };
    })
    .sort((a, b) => b.rarity - a.rarity || (a.text < b.text ? -1 : 1));
}

function trigramsIn(terms: readonly [string, number][]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [text, impact] of terms) {
    if (kindOf(text) !== WORD || !isInTemplate(impact)) continue;
    for (const trigram of trigramsOf(text.length, (at) => text.charCodeAt(at))) {
      counts.set(trigram, (counts.get(trigram) ?? 0) + 1);
    }
  }
  return counts;
}
