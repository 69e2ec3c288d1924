import type { LedgerLine } from "../ledger/fold.ts";
import { toEntry } from "./entry.ts";
import type { SearchQuery } from "./query.ts";
import { type Channels, WEIGHTS } from "./scores.ts";
import { countOf, isInTemplate, kindOf, termsOf } from "./terms.ts";
import { trigramsOf } from "./trigrams.ts";

/** The same scores as those of the index, worked out for every document by the book, with maps and nothing kept. */
export function naiveScores(lines: readonly LedgerLine[], query: SearchQuery): Map<string, number> {
  const documents = lines.flatMap((line) =>
    line.kind === "put" ? [{ id: line.id, terms: termsOf(toEntry(line.entry, line.at)) }] : [],
  );
  const asked = termsOf(query);
  const size = documents.length;
  const frequency = (term: string) => documents.filter(({ terms }) => terms.has(term)).length;
  const flat = (term: string) => Math.log(1 + size / (frequency(term) + 1));
  const rare = (term: string) =>
    Math.log(1 + (size - frequency(term) + 0.5) / (frequency(term) + 0.5));
  const words = (terms: ReadonlyMap<string, number>) =>
    new Map([...terms].filter(([term]) => kindOf(term) === 0).map(([t, i]) => [t, countOf(i)]));
  const damp = (count: number) => 1 + Math.log(count);
  const lengths = documents.map(({ terms }) => sum([...words(terms).values()]));
  const average = sum(lengths) / size;
  const trigrams = documents.map(({ terms }) => trigramCounts(terms));
  const trigramRarity = (trigram: number) =>
    Math.log(1 + size / (trigrams.filter((counts) => counts.has(trigram)).length + 1));
  const askedWords = words(asked);
  const ceiling = sum([...askedWords].map(([term, count]) => damp(count) * rare(term) * 2.2));
  return new Map(
    documents.map(({ id, terms }, at) => {
      const own = words(terms);
      const slow = 1.2 * (0.25 + (0.75 * (lengths[at] ?? 0)) / average);
      const bm25 = sum(
        [...askedWords].map(([term, count]) => {
          const found = own.get(term) ?? 0;
          return (damp(count) * rare(term) * found * 2.2) / (found + slow);
        }),
      );
      const values: Channels = {
        words: bm25 / ceiling,
        likeness: cosine(askedWords, own, (term, count) => damp(count) * flat(term)),
        template: cosine(
          trigramCounts(asked),
          trigrams[at] ?? new Map(),
          (t, c) => c * trigramRarity(t),
        ),
        frames: cosine(framesIn(asked), framesIn(terms), (term, count) => count * flat(term)),
        fingerprint: printOf(asked, terms),
      };
      const used = {
        ...WEIGHTS,
        frames: framesIn(asked).size > 0 ? WEIGHTS.frames : 0,
        fingerprint: query.message === undefined ? 0 : WEIGHTS.fingerprint,
      };
      const channels = Object.keys(WEIGHTS) as (keyof Channels)[];
      const mixed = sum(channels.map((channel) => values[channel] * used[channel]));
      return [id, mixed / sum(Object.values(used))];
    }),
  );
}

function cosine<Key>(
  one: ReadonlyMap<Key, number>,
  other: ReadonlyMap<Key, number>,
  amountOf: (key: Key, count: number) => number,
): number {
  const norm = (counts: ReadonlyMap<Key, number>) =>
    Math.sqrt(sum([...counts].map(([key, count]) => amountOf(key, count) ** 2)));
  const shared = [...one].map(([key, count]) => {
    const found = other.get(key);
    return found === undefined ? 0 : amountOf(key, count) * amountOf(key, found);
  });
  const whole = norm(one) * norm(other);
  return whole === 0 ? 0 : sum(shared) / whole;
}

function trigramCounts(terms: ReadonlyMap<string, number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [term, impact] of terms) {
    if (kindOf(term) !== 0 || !isInTemplate(impact)) continue;
    for (const trigram of trigramsOf(term.length, (at) => term.charCodeAt(at))) {
      counts.set(trigram, (counts.get(trigram) ?? 0) + 1);
    }
  }
  return counts;
}

function framesIn(terms: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...terms].filter(([t]) => t.startsWith("@")).map(([t, i]) => [t, countOf(i)]));
}

function printOf(asked: ReadonlyMap<string, number>, own: ReadonlyMap<string, number>): number {
  const shares = (mark: string) =>
    [...asked.keys()].some((term) => term.startsWith(mark) && own.has(term));
  return shares("=") ? 1 : shares("!") ? 0.6 : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
