import { MASK, masked, readStack } from "@trestle/errors";
import { type ErrorText, fingerprint, isFingerprint, whatOf } from "../text/fingerprint.ts";
import { stemOf } from "../text/stem.ts";
import { wordsOf } from "../text/tokens.ts";

/** How often a word counts, by where it stands. */
const WEIGHTS = { name: 3, message: 3, stack: 1, fix: 1, context: 1 } as const;
const LIBRARY_FRAME = 1;
const OWN_FRAME = 3;
const MOST_FRAMES = 16;

/** What a term is, told by its first character: no word begins with one of these. */
export const WORD = 0;
export const FRAME = 1;
export const WHAT = 2;
export const WHERE = 3;
const MARKS = ["", "@", "!", "="] as const;

/** How much of a count one byte keeps beside the flag. */
const MOST_COUNT = 127;

export interface Texts extends ErrorText {
  readonly fix?: string | undefined;
  readonly context?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** The term of a fingerprint. */
export function whereTerm(print: string): string {
  return `${MARKS[WHERE]}${print}`;
}

export function kindOf(term: string): number {
  const kind = MARKS.indexOf(term.slice(0, 1) as (typeof MARKS)[number]);
  return Math.max(0, kind);
}

/** Of a term in a record: how often it counts. */
export function countOf(impact: number): number {
  return impact >> 1;
}

/** Of a word in a record: whether it belongs to the template of its message, not to a parameter of it. */
export function isInTemplate(impact: number): boolean {
  return (impact & 1) === 1;
}

/**
 * The terms of a record or of a question: stems of its words, its frames, what failed and where; to each its
 * count, doubled, plus one for a word of the template.
 */
export function termsOf(texts: Texts): Map<string, number> {
  const counts = new Map<string, number>();
  const { frames, text } = readStack(texts.stack ?? "");
  addWords(counts, texts.name, WEIGHTS.name);
  addWords(counts, texts.message, WEIGHTS.message);
  addWords(counts, text, WEIGHTS.stack);
  addWords(counts, texts.fix, WEIGHTS.fix);
  addWords(counts, texts.context, WEIGHTS.context);
  for (const frame of frames.slice(0, MOST_FRAMES)) {
    const term = `${MARKS[FRAME]}${frame.file}:${frame.function}`.slice(0, 100);
    if (!counts.has(term)) counts.set(term, frame.isInApp ? OWN_FRAME : LIBRARY_FRAME);
  }
  const { name, message, fingerprint: given } = texts;
  if (name !== undefined || message !== undefined || given !== undefined) addPrint(counts, texts);
  for (const [term, count] of counts) counts.set(term, Math.min(count, MOST_COUNT) << 1);
  for (const word of templateOf(texts)) {
    const count = counts.get(word);
    if (count !== undefined) counts.set(word, count | 1);
  }
  return counts;
}

/** The stems of what a name and a message say without parameters. */
function templateOf({ name = "", message = "" }: ErrorText): string[] {
  return wordsOf(`${name}\n${masked(message).replaceAll(MASK, " ")}`).map(stemOf);
}

function addWords(counts: Map<string, number>, text: string | undefined, weight: number): void {
  if (text === undefined) return;
  for (const word of wordsOf(text)) {
    const stem = stemOf(word);
    counts.set(stem, (counts.get(stem) ?? 0) + weight);
  }
}

function addPrint(counts: Map<string, number>, texts: Texts): void {
  const { fingerprint: given = "" } = texts;
  const print = isFingerprint(given) ? given : fingerprint(texts);
  counts.set(`${MARKS[WHAT]}${whatOf(print)}`, 1);
  counts.set(whereTerm(print), 1);
}
