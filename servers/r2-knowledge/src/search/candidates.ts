import type { Documents } from "./documents.ts";
import type { Lists } from "./lists.ts";
import type { Question } from "./question.ts";
import { countOf } from "./terms.ts";
import type { Workspace } from "./workspace.ts";

/** How soon a further occurrence of a word says nothing more, and how much a long document weighs it down. */
const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;

/**
 * Places of lists that are read for one question. The rarest terms come first, so that what is left out are
 * words that many documents have; documents found by the others are compared by all words afterwards.
 */
const MOST_PLACES = 150_000;

/** What BM25 makes of a count; less than `SATURATION` + 1. */
export function saturated(count: number, length: number, averageLength: number): number {
  const slow = SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * length) / averageLength);
  return (count * (SATURATION + 1)) / (count + slow);
}

export const CEILING = SATURATION + 1;

/** Roughly how well each document answers, by its number; 0 for what has none of the terms. */
export function roughScores(
  question: Question,
  documents: Documents,
  workspace: Workspace,
): Float32Array {
  const scores = workspace.rough(documents.numbers);
  const frames = question.frames.filter(({ term }) => term >= 0);
  const terms = [
    ...question.words.map((word) => ({ ...word, isWord: true })),
    ...frames.map((frame) => ({ ...frame, isWord: false })),
  ].sort((a, b) => b.rarity - a.rarity);
  const { lists } = documents.postings;
  let places = 0;
  for (const { term, rarity, weight, isWord } of terms) {
    if (places > MOST_PLACES) break;
    const size = lists.read(term);
    if (isWord) addWords(scores, size, rarity * weight, documents);
    else addFlat(scores, size, rarity, lists);
    places += size;
  }
  for (const term of [question.what, question.where]) {
    if (term >= 0) addFlat(scores, lists.read(term), question.wordCeiling, lists);
  }
  return scores;
}

/** For all documents of the list that was read. */
function addWords(scores: Float32Array, size: number, weight: number, documents: Documents): void {
  const { lengths, averageLength, postings } = documents;
  const { documents: numbers, impacts } = postings.lists;
  const base = SATURATION * (1 - LENGTH_SHARE);
  const slope = (SATURATION * LENGTH_SHARE) / averageLength;
  const most = weight * CEILING;
  for (let at = 0; at < size; at += 1) {
    const document = numbers[at] as number;
    const count = countOf(impacts[at] as number);
    const slow = base + slope * (lengths[document] as number);
    scores[document] = (scores[document] as number) + (most * count) / (count + slow);
  }
}

function addFlat(scores: Float32Array, size: number, weight: number, { documents }: Lists): void {
  for (let at = 0; at < size; at += 1) {
    const document = documents[at] as number;
    scores[document] = (scores[document] as number) + weight;
  }
}
