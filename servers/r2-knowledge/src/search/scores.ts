import { CEILING, saturated } from "./candidates.ts";
import type { Documents } from "./documents.ts";
import { dampened, flatRarityOf, type Question, type QuestionTerm } from "./question.ts";
import { countOf, FRAME, isInTemplate, WORD } from "./terms.ts";
import { TRIGRAMS, trigramsOf } from "./trigrams.ts";

/**
 * Ways to compare a question with a document, each from 0 to 1:
 * - `words`: BM25, as a share of what the best possible document would get
 * - `likeness`: cosine of all words; a document that says much else is less like
 * - `template`: cosine of the character trigrams of name and message without parameters; outlives misspelling
 * - `frames`: cosine of the frames
 * - `fingerprint`: 1 for the same, less for the same error at another place
 */
export type Channel = "words" | "likeness" | "template" | "frames" | "fingerprint";
export type Channels = Readonly<Record<Channel, number>>;

/** How much each counts, for all data; those that a question has nothing for are left out. */
export const WEIGHTS: Channels = { words: 2, likeness: 1, template: 1, frames: 1, fingerprint: 1 };

const SAME_ERROR_ELSEWHERE = 0.6;

/** Compares documents with one question. */
export function createScorer(question: Question, documents: Documents) {
  const { postings, size } = documents;
  const { words: asked } = question;
  const words = lookup(asked, postings.terms.size, (word) => word.weight * word.flatRarity);
  const rough = lookup(asked, postings.terms.size, (word) => word.weight * word.rarity);
  const places = lookup(
    question.frames,
    postings.terms.size,
    (each) => each.weight * each.flatRarity,
  );
  const template = createTemplateScorer(question, documents);

  return (document: number): Channels => {
    const length = documents.lengths[document] ?? 0;
    const { averageLength } = documents;
    let bm25 = 0;
    let wordDot = 0;
    let wordNorm = 0;
    let frameDot = 0;
    let frameNorm = 0;
    let fingerprint = 0;
    const inTemplate: number[] = [];
    const count = postings.read(document);
    for (let at = 0; at < count; at += 1) {
      const term = postings.readTerms[at] as number;
      const impact = postings.readImpacts[at] as number;
      const times = countOf(impact);
      const rarity = flatRarityOf(postings.frequencies[term] as number, size);
      const kind = postings.kinds[term];
      if (kind === WORD) {
        const value = dampened(times) * rarity;
        wordNorm += value * value;
        const weight = words[term] as number;
        if (weight > 0) {
          bm25 += (rough[term] as number) * saturated(times, length, averageLength);
          wordDot += weight * value;
        }
        if (isInTemplate(impact)) inTemplate.push(term);
      } else if (kind === FRAME) {
        const value = times * rarity;
        frameNorm += value * value;
        frameDot += (places[term] as number) * value;
      } else if (term === question.where) fingerprint = 1;
      else if (term === question.what) fingerprint = Math.max(fingerprint, SAME_ERROR_ELSEWHERE);
    }
    return {
      words: share(bm25, question.wordCeiling * CEILING),
      likeness: share(wordDot, Math.sqrt(wordNorm * question.wordNorm)),
      template: template(inTemplate),
      frames: share(frameDot, Math.sqrt(frameNorm * question.frameNorm)),
      fingerprint,
    };
  };
}

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
  for (const channel of Object.keys(weights) as Channel[])
    sum += values[channel] * weights[channel];
  return Math.round(sum * 1e9) / 1e9;
}

function createTemplateScorer(question: Question, { postings, size }: Documents) {
  const wanted = new Float32Array(TRIGRAMS);
  const found = new Float32Array(TRIGRAMS);
  const partsOf = new Map<number, readonly number[]>();
  const rarity = (trigram: number) => Math.log(1 + size / ((postings.trigrams[trigram] ?? 0) + 1));
  let questionNorm = 0;
  for (const [trigram, count] of question.trigrams) {
    wanted[trigram] = count;
    questionNorm += (count * rarity(trigram)) ** 2;
  }
  return (words: readonly number[]): number => {
    const touched: number[] = [];
    for (const term of words) {
      let parts = partsOf.get(term);
      if (parts === undefined) {
        const { terms } = postings;
        parts = trigramsOf(terms.lengthOf(term), (at) => terms.unitAt(term, at));
        partsOf.set(term, parts);
      }
      for (const part of parts) {
        if (found[part] === 0) touched.push(part);
        found[part] = (found[part] as number) + 1;
      }
    }
    let dot = 0;
    let norm = 0;
    for (const part of touched) {
      const squared = rarity(part) ** 2;
      const count = found[part] as number;
      dot += count * (wanted[part] as number) * squared;
      norm += count * count * squared;
      found[part] = 0;
    }
    return share(dot, Math.sqrt(norm * questionNorm));
  };
}

/** Something of each term by its number; 0 for all others. */
function lookup(
  terms: readonly QuestionTerm[],
  size: number,
  amountOf: (term: QuestionTerm) => number,
): Float64Array {
  const values = new Float64Array(size);
  for (const each of terms) if (each.term >= 0) values[each.term] = amountOf(each);
  return values;
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}
