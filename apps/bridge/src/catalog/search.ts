import { wantedKinds } from "./actions.ts";
import { type AliasesOf, buildIndex, type Document, type SearchIndex } from "./search-index.ts";
import { meaningsOf, termsOf } from "./search-terms.ts";
import type { CatalogTool } from "./view.ts";

/** A tool that a search found, the better the higher its score. */
export interface Found {
  /** The exposed name. */
  readonly name: string;
  readonly tool: CatalogTool;
  readonly score: number;
}

export interface Findings {
  /** How many tools have to do with the words. */
  readonly total: number;
  /** The best of them first. */
  readonly found: readonly Found[];
}

export interface FindOptions {
  /** At most so many; all of them where it is left out. */
  readonly limit?: number;
  /** Only tools of which this is true. */
  readonly accepts?: ((tool: CatalogTool, name: string) => boolean) | undefined;
  /** What relevance is multiplied with: never with more than `most`, so that it need not be asked of all. */
  readonly factor?:
    | { readonly most: number; readonly of: (tool: CatalogTool) => number }
    | undefined;
}

export interface Search {
  /** Every tool that has to do with the words, the best first; all of them, by name, for no words. */
  find(query: string, options?: FindOptions): Findings;
}

/** What a request counts more for the tools of a server that it names. */
const MENTIONED = 1.4;
/** The same for tools that do what is wanted. */
const SUITED = 1.22;
/** How much it counts what share of the words a tool has to do with. */
const COVERAGE = 0.2;
/** How far a word is taken for as common as all together that it may mean. */
const COMMON = 0.3;

/** An index of the tools as they are now: made once per view of the catalog. */
export function createSearch(
  tools: ReadonlyMap<string, CatalogTool>,
  aliasesOf: AliasesOf = () => [],
): Search {
  const index = buildIndex(tools, aliasesOf);
  const board: Board = {
    scores: new Float64Array(index.documents.length),
    best: new Float64Array(index.documents.length),
    hits: new Uint8Array(index.documents.length),
  };
  return {
    find(query, options = {}) {
      const terms = termsOf(query, index);
      return terms.length === 0
        ? everything(index, options)
        : search(query, terms, index, board, options);
    },
  };
}

/** What one search writes on, document by document. */
interface Board {
  readonly scores: Float64Array;
  /** Of the word that is being looked at. */
  readonly best: Float64Array;
  /** Words that a document has to do with. */
  readonly hits: Uint8Array;
}

function everything({ documents }: SearchIndex, { accepts, limit }: FindOptions): Findings {
  const found = documents
    .filter(({ tool, name }) => accepts?.(tool, name) !== false)
    .map(({ tool, name }) => ({ name, tool, score: 0 }));
  return { total: found.length, found: found.slice(0, limit) };
}

function search(
  query: string,
  terms: readonly string[],
  index: SearchIndex,
  board: Board,
  { limit = index.documents.length, accepts, factor }: FindOptions,
): Findings {
  const { documents, kinds } = index;
  const { scores, hits } = board;
  scores.fill(0);
  hits.fill(0);
  for (const term of terms) addScores(index, board, meaningsOf(term, index));
  const wanted = wantedKinds(query, terms);
  const named = new Set(terms.flatMap((term) => index.servers.get(term) ?? []));
  const covers = terms.map((_, count) => ((count + 1) / terms.length) ** COVERAGE);
  const ranking = createRanking(limit);
  let total = 0;
  const most = factor?.most ?? 1;
  for (let at = 0; at < documents.length; at += 1) {
    const raw = scores[at] ?? 0;
    const document = documents[at];
    if (raw === 0 || !document || accepts?.(document.tool, document.name) === false) continue;
    total += 1;
    let score = raw * (covers[(hits[at] ?? 1) - 1] ?? 1);
    if (((kinds[at] ?? 0) & wanted) !== 0) score *= SUITED;
    if (named.size > 0 && named.has(document.tool.server)) score *= MENTIONED;
    if (score * most < ranking.least()) continue;
    ranking.add(document, factor ? score * factor.of(document.tool) : score);
  }
  return { total, found: ranking.best() };
}

/** A tool counts a word of the query once, by the meaning that suits it best. */
function addScores(
  { documents, postings }: SearchIndex,
  { scores, best, hits }: Board,
  meanings: ReadonlyMap<string, number>,
): void {
  const rarityOf = (count: number): number =>
    Math.log(1 + (documents.length - count + 0.5) / (count + 0.5));
  let together = 0;
  for (const stem of meanings.keys()) together += postings.get(stem)?.documents.length ?? 0;
  const common = rarityOf(Math.min(documents.length, together)) * COMMON;
  best.fill(0);
  for (const [stem, sureness] of meanings) {
    const found = postings.get(stem);
    if (!found) continue;
    const { documents: where, gains } = found;
    const worth = sureness * (rarityOf(where.length) * (1 - COMMON) + common);
    for (let at = 0; at < where.length; at += 1) {
      const document = where[at] ?? 0;
      const score = worth * (gains[at] ?? 0);
      if (score > (best[document] ?? 0)) best[document] = score;
    }
  }
  for (let at = 0; at < best.length; at += 1) {
    const score = best[at] ?? 0;
    if (score === 0) continue;
    scores[at] = (scores[at] ?? 0) + score;
    hits[at] = (hits[at] ?? 0) + 1;
  }
}

/** Keeps the best of many without sorting all of them. */
function createRanking(limit: number) {
  let kept: Found[] = [];
  let least = 0;
  const order = (a: Found, b: Found): number => b.score - a.score || (a.name < b.name ? -1 : 1);
  function prune(): void {
    kept = kept.sort(order).slice(0, limit);
    least = kept.length < limit ? 0 : (kept.at(-1)?.score ?? 0);
  }
  return {
    add({ name, tool }: Document, score: number): void {
      if (score < least) return;
      kept.push({ name, tool, score });
      if (kept.length >= 2 * limit + 16) prune();
    },
    /** Less is not among the best. */
    least: () => least,
    best(): Found[] {
      prune();
      return kept;
    },
  };
}
