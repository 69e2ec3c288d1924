import type { Documents } from "./documents.ts";
import type { List } from "./postings.ts";
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
const MOST_PLACES = 400_000;

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
  let places = 0;
  for (const { term, rarity, weight, isWord } of terms) {
    if (places > MOST_PLACES) break;
    for (const list of documents.postings.listsOf(term)) {
      if (isWord) addWord(scores, list, rarity * weight, documents);
      else addFlat(scores, list, rarity);
      places += list.to - list.from;
    }
  }
  for (const term of [question.what, question.where]) {
    if (term < 0) continue;
    for (const list of documents.postings.listsOf(term))
      addFlat(scores, list, question.wordCeiling);
  }
  return scores;
}

function addWord(scores: Float32Array, list: List, weight: number, documents: Documents): void {
  const { lengths, averageLength } = documents;
  const base = SATURATION * (1 - LENGTH_SHARE);
  const slope = (SATURATION * LENGTH_SHARE) / averageLength;
  const { documents: numbers, impacts, from, to } = list;
  const most = weight * CEILING;
  for (let at = from; at < to; at += 1) {
    const document = numbers[at] as number;
    const count = countOf(impacts[at] as number);
    const slow = base + slope * (lengths[document] as number);
    scores[document] = (scores[document] as number) + (most * count) / (count + slow);
  }
}

function addFlat(scores: Float32Array, list: List, weight: number): void {
  for (let at = list.from; at < list.to; at += 1) {
    const document = list.documents[at] as number;
    scores[document] = (scores[document] as number) + weight;
  }
}
