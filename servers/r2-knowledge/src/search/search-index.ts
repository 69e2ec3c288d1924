import type { Fold, LedgerLine } from "../ledger/fold.ts";
import { packSections, unpackSections } from "../packed/sections.ts";
import { inTurns } from "../packed/slices.ts";
import { bestOf } from "./best.ts";
import { roughScores } from "./candidates.ts";
import { Documents } from "./documents.ts";
import { countFacets } from "./facets.ts";
import { narrowed } from "./filters.ts";
import { FoundRecord } from "./found-record.ts";
import { toHit } from "./hit.ts";
import type { Candidate, ChannelScore, SearchAnswer, SearchQuery } from "./query.ts";
import { type Question, toQuestion } from "./question.ts";
import { CHANNELS, type Channels, createScorer, mixed, WEIGHTS, weightsFor } from "./scores.ts";
import { Spellings } from "./spellings.ts";
import { Workspace } from "./workspace.ts";

/** Documents that are compared in full, of those that answer best at first sight. */
const CANDIDATES = 300;
const MOST_HITS = 200;

export interface SearchIndex extends Fold {
  /** How many records are in it. */
  readonly size: number;
  search(query: SearchQuery): SearchAnswer;
  get(id: string): FoundRecord | undefined;
  /** Records of the same error, in the order in which they came. */
  withFingerprint(print: string): FoundRecord[];
  /** All that are there when it is called, in no order. */
  records(): Generator<FoundRecord>;
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
      if (documents.isDue) replace(documents.compacted());
      else documents.tidy();
    },
    search: (query) => search(query, { documents, spellings, workspace, weights }),
    get(id) {
      const document = documents.documentOf(id);
      return document < 0 ? undefined : new FoundRecord(documents, document);
    },
    withFingerprint: (print) =>
      documents.withFingerprint(print).map((document) => new FoundRecord(documents, document)),
    records: () => recordsOf(documents),
    snapshot: () => inTurns(documents.sections()).then(packSections),
    load(snapshot) {
      const next = new Documents();
      next.load(unpackSections(snapshot));
      replace(next);
    },
    reset: () => replace(new Documents()),
  };
}

function* recordsOf(documents: Documents): Generator<FoundRecord> {
  for (let document = 0; document < documents.numbers; document += 1) {
    if (documents.isLive(document)) yield new FoundRecord(documents, document);
  }
}

interface Parts {
  readonly documents: Documents;
  readonly spellings: Spellings;
  readonly workspace: Workspace;
  readonly weights: Channels;
}

function search(query: SearchQuery, parts: Parts): SearchAnswer {
  const { documents, spellings } = parts;
  const limit = Math.min(query.limit ?? 10, MOST_HITS);
  const offset = query.offset ?? 0;
  const question = toQuestion(query, documents, spellings);
  const room = query.rank === undefined ? Math.max(CANDIDATES, offset + limit) : CANDIDATES;
  const { found, total, facets } = look(query, question, room, parts);
  const scored = compare(found, question, parts);
  // Of those that fit equally well the newest tells most of how things are now.
  const idOf = ({ document }: Scored) => documents.idOf(document);
  scored.sort((a, b) => b.score - a.score || b.time - a.time || (idOf(a) < idOf(b) ? -1 : 1));
  const ranked = query.rank === undefined ? scored : rankedBy(query.rank, scored, documents);
  return {
    hits: ranked
      .slice(offset, offset + limit)
      .map((each) => toHit(each, { query, question, documents })),
    total,
    facets,
    corrections: question?.corrections ?? {},
  };
}

/** The numbers of what seems to fit best, and counts of all that fits. */
function look(
  { facets = [], filters = {} }: SearchQuery,
  question: Question | undefined,
  room: number,
  { documents, workspace }: Parts,
) {
  const rough = question && roughScores(question, documents, workspace);
  const found = workspace.numbers(documents.numbers);
  const total = narrowed(filters, documents, found, documents.positive(rough, found));
  return {
    found: bestOf(found, total, rough ?? documents.times, room),
    total,
    facets: countFacets(facets, documents.facts, found, total),
  };
}

/** A document and how like it is to what was looked for. */
export interface Scored {
  readonly document: number;
  readonly time: number;
  readonly score: number;
  readonly channels: readonly ChannelScore[];
}

function compare(
  found: Uint32Array,
  question: Question | undefined,
  { documents, workspace, weights }: Parts,
): Scored[] {
  const { times } = documents;
  if (question === undefined) {
    return Array.from(found, (document) => {
      return { document, time: times[document] ?? 0, score: 0, channels: [] };
    });
  }
  const scorer = createScorer(question, documents, workspace);
  const used = weightsFor(question, weights);
  const scored = Array.from(found, (document) => {
    const values = scorer.score(document);
    const channels = explain(values, used);
    return { document, time: times[document] ?? 0, score: mixed(values, used), channels };
  });
  scorer.done();
  return scored;
}

function rankedBy(
  rank: (candidate: Candidate) => number | undefined,
  scored: readonly Scored[],
  documents: Documents,
): Scored[] {
  const ranked = scored.slice(0, MOST_HITS).flatMap((each) => {
    const record = new FoundRecord(documents, each.document);
    const value = rank({ record, score: each.score, channels: each.channels });
    return value === undefined ? [] : [{ each, record, value }];
  });
  ranked.sort((a, b) => b.value - a.value || (a.record.id < b.record.id ? 1 : -1));
  return ranked.map(({ each }) => each);
}

function explain(values: Channels, used: Channels): ChannelScore[] {
  const channels: ChannelScore[] = [];
  for (const channel of CHANNELS) {
    const weight = used[channel];
    // Six digits: the last ones depend on the order in which records came.
    const value = Math.round(values[channel] * 1e6) / 1e6;
    if (weight > 0) channels.push({ channel, value, weight });
  }
  return channels;
}
