import type { Clause } from "./clauses.ts";
import type { PartText } from "./texts.ts";
import { type Word, wordsOf } from "./words.ts";

/** A clause found in a text: from the first of its words to the last. */
interface Match {
  readonly clause: number;
  readonly start: number;
  readonly end: number;
}

const SNIPPET_CHARACTERS = 240;
/** Of BM25: how soon more of the same word counts less, and how much length does. */
const K1 = 1.2;
const B = 0.75;
const USUAL_WORDS = 60;

/** Does it hold what is wanted, and nothing that is not? */
export function matches(texts: readonly PartText[], clauses: readonly Clause[]): boolean {
  const found = new Set<number>();
  for (const { text } of texts)
    for (const { clause } of findIn([...wordsOf(text)], clauses)) found.add(clause);
  return clauses.every(({ not }, at) => found.has(at) !== not);
}

/** The more of the words, the more relevant; in a short text, more so. */
export function relevanceOf(texts: readonly PartText[], clauses: readonly Clause[]): number {
  const counts = clauses.map(() => 0);
  let length = 0;
  for (const { text } of texts) {
    const words = [...wordsOf(text)];
    length += words.length;
    for (const { clause } of findIn(words, clauses)) counts[clause] = (counts[clause] ?? 0) + 1;
  }
  const norm = K1 * (1 - B + (B * length) / USUAL_WORDS);
  return counts.reduce((sum, count) => sum + (count * (K1 + 1)) / (count + norm), 0);
}

/** Around the first match of the text in which most clauses are, matches between « and ». */
export function snippetOf(texts: readonly PartText[], clauses: readonly Clause[]): string {
  const wanted = clauses.filter(({ not }) => !not);
  let best: { text: string; found: Match[]; clauses: number } | undefined;
  for (const { text } of texts) {
    const found = findIn([...wordsOf(text)], wanted);
    const count = new Set(found.map(({ clause }) => clause)).size;
    if (!best || count > best.clauses) best = { text, found, clauses: count };
  }
  return best ? cut(best.text, best.found) : "";
}

function cut(text: string, found: readonly Match[]): string {
  const first = found[0]?.start ?? 0;
  const from = Math.max(
    0,
    Math.min(first - SNIPPET_CHARACTERS / 3, text.length - SNIPPET_CHARACTERS),
  );
  const start = wholeFrom(text, Math.floor(from));
  const end = wholeFrom(text, Math.min(text.length, start + SNIPPET_CHARACTERS));
  let marked = "";
  let at = start;
  for (const match of found) {
    if (match.start < at || match.end > end) continue;
    marked += `${text.slice(at, match.start)}«${text.slice(match.start, match.end)}»`;
    at = match.end;
  }
  const inner = (marked + text.slice(at, end)).replace(/\s+/gu, " ").trim();
  return `${start > 0 ? "…" : ""}${inner}${end < text.length ? "…" : ""}`;
}

/** Never between the halves of one character. */
function wholeFrom(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

function findIn(words: readonly Word[], clauses: readonly Clause[]): Match[] {
  const found: Match[] = [];
  for (let at = 0; at < words.length; at += 1) {
    for (const [clause, wanted] of clauses.entries()) {
      const last = words[at + wanted.words.length - 1];
      if (last && standsAt(words, at, wanted)) {
        found.push({ clause, start: (words[at] as Word).start, end: last.end });
      }
    }
  }
  return found;
}

function standsAt(words: readonly Word[], at: number, { words: wanted, prefix }: Clause): boolean {
  return wanted.every((word, of) => {
    const there = words[at + of]?.word ?? "";
    return prefix && of === wanted.length - 1 ? there.startsWith(word) : there === word;
  });
}
