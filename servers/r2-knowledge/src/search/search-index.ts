import type { Fold, LedgerLine } from "../ledger/fold.ts";
import { createBest } from "./best.ts";
import { roughScores } from "./candidates.ts";
import { Documents } from "./documents.ts";
import { createFacets } from "./facets.ts";
import { SEVERITY, TYPE } from "./facts.ts";
import { toPasses } from "./filters.ts";
import { highlightsOf } from "./highlights.ts";
import type { SearchAnswer, SearchHit, SearchQuery } from "./query.ts";
import { type Question, toQuestion } from "./question.ts";
import { type Channel, type Channels, createScorer, mixed, WEIGHTS, weightsFor } from "./scores.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import { Spellings } from "./spellings.ts";
import { WORD } from "./terms.ts";
import { Workspace } from "./workspace.ts";

/** Documents that are compared in full, of those that answer best at first sight. */
const CANDIDATES = 300;
const MOST_HITS = 200;
const MOST_MATCHED = 12;

export interface SearchIndex extends Fold {
  /** How many records are in it. */
  readonly size: number;
  search(query: SearchQuery): SearchAnswer;
}

interface Scored {
  readonly document: number;
  readonly id: string;
  readonly time: number;
  readonly score: number;
  readonly values?: Channels;
}

/** An index in memory over the entries of a ledger; answers from memory alone. */
export function createSearchIndex(options: { readonly weights?: Channels } = {}): SearchIndex {
  const { weights = WEIGHTS } = options;
  const workspace = new Workspace();
  let documents = new Documents();
  let spellings = new Spellings(documents.postings);
  function replace(next: Documents): void {
    documents = next;
    spellings = new Spellings(next.postings);
  }
  return {
    get size() {
      return documents.size;
    },
    apply(lines: readonly LedgerLine[]) {
      for (const line of lines) {
        if (line.kind === "gone") documents.gone(line.id, line.version);
        else documents.put(line.id, line.version, line.at, line.entry);
      }
      if (documents.tidy()) spellings.reset();
    },
    search: (query) => search(query, { documents, spellings, workspace, weights }),
    snapshot() {
      documents.compact();
      spellings.reset();
      return writeSnapshot(documents.save());
    },
    load(snapshot) {
      const next = new Documents();
      next.load(readSnapshot(snapshot));
      replace(next);
    },
    reset: () => replace(new Documents()),
  };
}

interface Parts {
  readonly documents: Documents;
  readonly spellings: Spellings;
  readonly workspace: Workspace;
  readonly weights: Channels;
}

function search(query: SearchQuery, parts: Parts): SearchAnswer {
  const { documents, spellings, workspace, weights } = parts;
  const limit = Math.min(query.limit ?? 10, MOST_HITS);
  const offset = query.offset ?? 0;
  const question = toQuestion(query, documents, spellings);
  const best = createBest(Math.max(CANDIDATES, offset + limit));
  const facets = createFacets(query.facets ?? [], documents.facts);
  const passes = toPasses(query.filters ?? {}, documents);
  const rough =
    question === undefined ? documents.times : roughScores(question, documents, workspace);
  let total = 0;
  for (let document = 0; document < documents.numbers; document += 1) {
    const value = rough[document] as number;
    if ((question !== undefined && value <= 0) || !passes(document)) continue;
    total += 1;
    facets.add(document);
    best.add(document, value);
  }
  const scored = compare(best.documents, question, parts);
  // Of those that fit equally well the newest tells most of how things are now.
  scored.sort((a, b) => b.score - a.score || b.time - a.time || (a.id < b.id ? -1 : 1));
  const shown = scored.slice(offset, offset + limit);
  return {
    hits: shown.map((each) => toHit(each, query, question, documents, weights)),
    total,
    facets: facets.result(),
    corrections: question?.corrections ?? {},
  };
}

function compare(
  found: readonly number[],
  question: Question | undefined,
  { documents, workspace, weights }: Parts,
): Scored[] {
  const identify = (document: number) => {
    return { document, id: documents.idOf(document), time: documents.times[document] ?? 0 };
  };
  if (question === undefined) {
    return found.map((document) => {
      return { ...identify(document), score: 0 };
    });
  }
  const scorer = createScorer(question, documents, workspace);
  const used = weightsFor(question, weights);
  const scored = found.map((document) => {
    const values = scorer.score(document);
    return { ...identify(document), score: mixed(values, used), values };
  });
  scorer.done();
  return scored;
}

function toHit(
  { document, id, score, values }: Scored,
  query: SearchQuery,
  question: Question | undefined,
  documents: Documents,
  weights: Channels,
): SearchHit {
  const preview = documents.previews.at(document);
  const facts = [...documents.facts.of(document)].map((fact) => documents.facts.pair(fact));
  const own = (key: string) => facts.find((fact) => fact.key === key)?.value;
  const [type, severity] = [own(TYPE), own(SEVERITY)];
  const confidence = documents.confidences[document] ?? Number.NaN;
  const stems = question === undefined ? [] : matchedBy(question, document, documents);
  return {
    id,
    version: documents.versions[document] ?? 0,
    ...preview,
    ...(type === undefined ? {} : { type }),
    ...(severity === undefined ? {} : { severity }),
    ...(Number.isNaN(confidence) ? {} : { confidence }),
    timestamp: documents.times[document] ?? 0,
    metadata: Object.fromEntries(
      facts.filter(({ key }) => !key.startsWith("\0")).map(({ key, value }) => [key, value]),
    ),
    score: question === undefined ? 0 : score,
    channels:
      question === undefined || values === undefined ? [] : explain(question, values, weights),
    matched: stems.slice(0, MOST_MATCHED),
    highlights: query.highlight ? highlightsOf(preview, new Set(stems)) : [],
  };
}

function explain(question: Question, values: Channels, weights: Channels) {
  return Object.entries(weightsFor(question, weights))
    .filter(([, weight]) => weight > 0)
    .map(([channel, weight]) => {
      // Six digits: the last ones depend on the order in which records came.
      const value = Math.round(values[channel as Channel] * 1e6) / 1e6;
      return { channel: channel as Channel, value, weight };
    });
}

function matchedBy(question: Question, document: number, { postings }: Documents): string[] {
  const size = postings.read(document);
  const own = new Set(postings.readTerms.subarray(0, size));
  return question.words
    .filter(({ term }) => own.has(term) && postings.kinds[term] === WORD)
    .map(({ text }) => text);
}
