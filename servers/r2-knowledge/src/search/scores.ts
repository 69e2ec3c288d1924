import { CEILING, saturated } from "./candidates.ts";
import type { Documents } from "./documents.ts";
import { dampened, type Question } from "./question.ts";
import { countOf, FRAME, isInTemplate, WORD } from "./terms.ts";
import { trigramsOf } from "./trigrams.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Ways to compare a question with a document, each from 0 to 1:
 * - `words`: BM25, as a share of what the best possible document would get
 * - `likeness`: cosine of all words; a document that says much else is less like
 * - `template`: cosine of the character trigrams of name and message without parameters; outlives misspelling
 * - `frames`: cosine of the frames
 * - `fingerprint`: 1 for the same, less for the same error at another place
 */
export const CHANNELS = ["words", "likeness", "template", "frames", "fingerprint"] as const;
export type Channel = (typeof CHANNELS)[number];
export type Channels = Readonly<Record<Channel, number>>;

/** How much each counts, for all data; those that a question has nothing for are left out. */
export const WEIGHTS: Channels = {
  words: 2,
  likeness: 1,
  template: 0.5,
  frames: 0.5,
  fingerprint: 1,
};

const SAME_ERROR_ELSEWHERE = 0.6;

/** Compares documents with one question. `done` before the workspace serves another. */
export function createScorer(question: Question, documents: Documents, workspace: Workspace) {
  const { postings, size, averageLength } = documents;
  const { known, learn } = workspace.rarities(size);
  // Words and frames of the question by their terms, from 1 on: 0 is none of them.
  const asked = [...question.words, ...question.frames].filter(({ term }) => term >= 0);
  const weights = Float64Array.from([0, ...asked.map((each) => each.weight * each.flatRarity)]);
  const rough = Float64Array.from([0, ...asked.map((each) => each.weight * each.rarity)]);
  const places = workspace.places(postings.terms.size);
  for (const [at, { term }] of asked.entries()) places[term] = at + 1;
  const template = createTemplateScorer(question, documents, workspace);

  function score(document: number): Channels {
    const length = documents.lengths[document] ?? 0;
    let bm25 = 0;
    let wordDot = 0;
    let wordNorm = 0;
    let frameDot = 0;
    let frameNorm = 0;
    let fingerprint = 0;
    const count = postings.read(document);
    const { readTerms, readImpacts, kinds, frequencies } = postings;
    for (let at = 0; at < count; at += 1) {
      const term = readTerms[at] as number;
      const impact = readImpacts[at] as number;
      const times = countOf(impact);
      const frequency = frequencies[term] as number;
      if (known[frequency] === 0) learn(frequency);
      const rarity = known[frequency] as number;
      const place = places[term] as number;
      const kind = kinds[term];
      if (kind === WORD) {
        const value = (DAMPENED[times] as number) * rarity;
        wordNorm += value * value;
        if (place > 0) {
          bm25 += (rough[place] as number) * saturated(times, length, averageLength);
          wordDot += (weights[place] as number) * value;
        }
        if (isInTemplate(impact)) template.add(term);
      } else if (kind === FRAME) {
        const value = times * rarity;
        frameNorm += value * value;
        frameDot += (weights[place] as number) * value;
      } else if (term === question.where) fingerprint = 1;
      else if (term === question.what) fingerprint = Math.max(fingerprint, SAME_ERROR_ELSEWHERE);
    }
    return {
      words: share(bm25, question.wordCeiling * CEILING),
      likeness: share(wordDot, Math.sqrt(wordNorm * question.wordNorm)),
      template: template.score(),
      frames: share(frameDot, Math.sqrt(frameNorm * question.frameNorm)),
      fingerprint,
    };
  }

  return {
    score,
    done(): void {
      for (const { term } of asked) places[term] = 0;
      template.done();
    },
  };
}

/** Of each count that a byte keeps: how much it says. */
const DAMPENED = Float64Array.from({ length: 128 }, (_, count) =>
  count === 0 ? 0 : dampened(count),
);

/** The weights of the channels that a question has something for; they add up to 1. */
export function weightsFor(question: Question, weights: Channels): Channels {
  const used = {
    words: question.hasWords ? weights.words : 0,
    likeness: question.hasWords ? weights.likeness : 0,
    template: question.trigrams.size > 0 ? weights.template : 0,
    frames: question.frames.length > 0 ? weights.frames : 0,
    fingerprint: question.hasError ? weights.fingerprint : 0,
  };
  const all = Object.values(used).reduce((sum, weight) => sum + weight, 0);
  const entries = Object.entries(used).map(([channel, weight]) => [channel, share(weight, all)]);
  return Object.fromEntries(entries) as unknown as Channels;
}

/** Rounded, so that the order of additions decides nothing. */
export function mixed(values: Channels, weights: Channels): number {
  let sum = 0;
  for (const channel of CHANNELS) sum += values[channel] * weights[channel];
  return Math.round(sum * 1e9) / 1e9;
}

function createTemplateScorer(
  question: Question,
  { postings, size }: Documents,
  workspace: Workspace,
) {
  const { wanted, found, touched } = workspace;
  let distinct = 0;
  const partsOf = new Map<number, readonly number[]>();
  const { known, learn } = workspace.rarities(size);
  let questionNorm = 0;
  for (const [trigram, count] of question.trigrams) {
    const frequency = postings.trigrams[trigram] as number;
    if (known[frequency] === 0) learn(frequency);
    wanted[trigram] = count;
    questionNorm += (count * (known[frequency] as number)) ** 2;
  }

  function partsFor(term: number): readonly number[] {
    let parts = partsOf.get(term);
    if (parts === undefined) {
      const { terms } = postings;
      parts = trigramsOf(terms.lengthOf(term), (at) => terms.unitAt(term, at));
      partsOf.set(term, parts);
    }
    return parts;
  }

  /** Takes a word of the document that is compared next. */
  function add(term: number): void {
    if (question.trigrams.size === 0) return;
    for (const part of partsFor(term)) {
      if (found[part] === 0) touched[distinct++] = part;
      found[part] = (found[part] as number) + 1;
    }
  }

  function score(): number {
    let dot = 0;
    let norm = 0;
    for (let at = 0; at < distinct; at += 1) {
      const part = touched[at] as number;
      const frequency = postings.trigrams[part] as number;
      if (known[frequency] === 0) learn(frequency);
      const rarity = known[frequency] as number;
      const value = (found[part] as number) * rarity;
      dot += value * (wanted[part] as number) * rarity;
      norm += value * value;
      found[part] = 0;
    }
    distinct = 0;
    return share(dot, Math.sqrt(norm * questionNorm));
  }

  return {
    add,
    score,
    done(): void {
      for (const trigram of question.trigrams.keys()) wanted[trigram] = 0;
    },
  };
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}
