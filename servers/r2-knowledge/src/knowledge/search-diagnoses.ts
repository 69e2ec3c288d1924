import { TrestleError } from "@trestle/protocol";
import { contextMatch, explain, type Signals, scoreOf } from "../learning/rank.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { ErrorInput } from "../records/diagnosis.ts";
import type { Seeing } from "../records/record-facts.ts";
import type {
  Candidate,
  SearchFilters,
  SearchHit,
  SearchQuery,
  SearchAnswer as TextAnswer,
} from "../search/query.ts";
import type { Channel } from "../search/scores.ts";
import { fingerprint } from "../text/fingerprint.ts";
import { HAS_FIX } from "./entry.ts";
import { excerptOf } from "./excerpt.ts";
import type {
  DiagnosisPage,
  Facets,
  Filters,
  Found,
  ListOptions,
  SearchAnswer,
  SearchOptions,
  SimilarOptions,
} from "./knowledge-store.ts";
import type { Meter } from "./meter.ts";
import type { Parts } from "./parts.ts";
import {
  confidenceOfRow,
  oddsOfRow,
  type Row,
  rowFacts,
  toFact,
  toRow,
  toSummary,
} from "./rows.ts";

type SearchParts = Parts & { readonly meter: Meter };

/** So many of the best by words are ranked by all that speaks for them; beyond, nobody looks. */
export const MOST_RANKED = 200;
/** What compares the frames of stacks. */
const STACK: Channel = "frames";
const FACETS = ["context", "severity"] as const;

/** By words, the best first. */
export async function searchDiagnoses(
  parts: SearchParts,
  { text, limit = 10, offset = 0, softwareVersion, signal, ...filters }: SearchOptions,
): Promise<SearchAnswer> {
  const asked = { text, highlight: true, facets: [...FACETS] };
  const wanted = { softwareVersion, near: filters.context, ...filters, limit, offset };
  const answer = await look(parts, asked, wanted, { signal });
  parts.queries.words(text, shownOf(answer));
  return answer;
}

/** By an error: what is like it in what failed, how and where. Counts no facets. */
export async function findSimilar(
  parts: SearchParts,
  error: ErrorInput,
  { limit = 10, softwareVersion, near, signal, ...filters }: SimilarOptions = {},
): Promise<SearchAnswer> {
  const { name, message, stack } = error;
  const asked = { message, ...(name && { name }), ...(stack && { stack }) };
  const print = fingerprint(error);
  const wanted = { softwareVersion, near, print, ...filters, limit, offset: 0 };
  const answer = await look(parts, asked, wanted, { signal });
  parts.queries.error(error, shownOf(answer));
  return answer;
}

/** Everything that passes the filters, the newest first. */
export async function listDiagnoses(
  parts: SearchParts,
  { limit = 20, after, signal, ...filters }: ListOptions = {},
): Promise<DiagnosisPage> {
  await parts.indexes.refresh({ signal });
  const from = positionOf(after);
  const passing = [...parts.indexes.diagnoses.rows.all()].filter((row) =>
    passes(parts, row, filters),
  );
  const sorted = passing.toSorted(newestFirst);
  const rest = from === undefined ? sorted : sorted.filter((row) => newestFirst(from, row) < 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => toSummary(parts, row)),
    total: passing.length,
    next: last === undefined || rest.length <= limit ? undefined : `${last.at}/${last.id}`,
  };
}

interface Wanted extends Filters, Seeing {
  readonly softwareVersion?: string | undefined;
  readonly near?: string | undefined;
  readonly print?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

type Asked = Pick<SearchQuery, "text" | "name" | "message" | "stack" | "highlight" | "facets">;

/** Measures what a caller waits for, the look for what others stored included. */
async function look(
  parts: SearchParts,
  asked: Asked,
  wanted: Wanted,
  options: CallOptions,
): Promise<SearchAnswer> {
  const from = performance.now();
  const { limit, offset, minConfidence = 0 } = wanted;
  await parts.indexes.refresh(options);
  const judge = createJudge(parts, wanted);
  const answer = parts.indexes.diagnoses.search({
    ...{ ...asked, limit, offset, rank: judge.rank },
    filters: toSearchFilters(wanted),
  });
  const hits = answer.hits.flatMap((hit) => judge.toFound(hit) ?? []);
  const { kept, duplicates } = judge.counts();
  const total = minConfidence > 0 ? kept : answer.total - duplicates;
  parts.meter.search(performance.now() - from, total);
  return { hits, total, facets: toFacets(answer) };
}

/** Weighs what was found by all that speaks for it, and remembers why. */
function createJudge(parts: SearchParts, wanted: Wanted) {
  const { softwareVersion, near, print, minConfidence = 0 } = wanted;
  const { tallies, clock, indexes } = parts;
  const { isDuplicate } = indexes.diagnoses.rows;
  const now = clock.now();
  // Weighed and explained as of the same moment.
  const asOf = { tallies, clock: { ...clock, now: () => now } };
  const weighed = new Map<string, { row: Row; signals: Omit<Signals, "confidence"> }>();
  let duplicates = 0;
  return {
    rank(candidate: Candidate): number | undefined {
      const row = toRow(candidate.record);
      if (row.duplicateOf !== undefined && isDuplicate(row.id)) {
        duplicates += 1;
        return undefined;
      }
      const confidence = oddsOfRow(asOf, row, softwareVersion);
      if (confidence < minConfidence) return undefined;
      const signals = {
        text: withoutStack(candidate),
        stack: stackOf(candidate),
        context: near === undefined ? undefined : contextMatch(near, row.context),
      };
      weighed.set(row.id, { row, signals });
      return scoreOf({ ...signals, confidence });
    },
    toFound(hit: SearchHit): Found | undefined {
      const found = weighed.get(hit.id);
      if (found === undefined) return undefined;
      const { row, signals } = found;
      const confidence = confidenceOfRow(asOf, row, softwareVersion);
      const explanation = explain({ ...signals, confidence });
      const { id, name, context, severity, at } = row;
      return {
        ...{ id, name, context, severity, at, confidence, explanation },
        // The search keeps more of both.
        message: hit.message,
        fix: hit.fix === "" ? undefined : hit.fix,
        score: explanation.score,
        isSame: print !== undefined && print === row.fingerprint,
        highlights: hit.highlights.map((highlight) => excerptOf(hit, highlight)),
      };
    },
    /** Of the best by words: how many are hits, and how many are shown as another one. */
    counts: () => ({ kept: weighed.size, duplicates }),
  };
}

/** What a caller may open. */
function shownOf({ hits, total }: SearchAnswer) {
  return { ids: hits.map(({ id }) => id), total };
}

/** The odds of a fix are not in the search's index: they change with the day. */
function toSearchFilters(filters: Filters & Seeing): SearchFilters {
  const { context, severity, since, until, hasFix, metadata, permits } = filters;
  const facts = {
    ...metadata,
    ...(hasFix === undefined ? {} : { [HAS_FIX]: hasFix ? "yes" : "no" }),
  };
  return {
    ...(context === undefined ? {} : { context }),
    ...(severity === undefined ? {} : { severities: [severity] }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(Object.keys(facts).length === 0 ? {} : { metadata: facts }),
    ...(permits && {
      permits: (facts) => permits({ kind: "diagnosis", ...facts }),
      permitsBy: permits.looksAt,
    }),
  };
}

function stackOf({ channels }: Candidate): number | undefined {
  return channels.find(({ channel }) => channel === STACK)?.value;
}

/** How alike the texts are, without what the stacks gave. */
function withoutStack({ channels, score }: Candidate): number {
  let sum = 0;
  let all = 0;
  for (const { channel, value, weight } of channels) {
    if (channel === STACK) continue;
    sum += value * weight;
    all += weight;
  }
  return all === 0 ? score : sum / all;
}

function toFacets({ facets }: TextAnswer): Facets {
  return Object.fromEntries(
    Object.entries(facets).map(([name, counts]) => [
      name,
      Object.fromEntries(counts.map(({ value, count }) => [value, count])),
    ]),
  );
}

/** By the same rules as those of the search. */
function passes(parts: SearchParts, row: Row, filters: Filters & Seeing): boolean {
  const {
    context,
    severity,
    since = 0,
    until = Infinity,
    hasFix,
    metadata,
    minConfidence,
    permits,
  } = filters;
  if (row.at < since || row.at > until) return false;
  if (severity !== undefined && row.severity !== severity) return false;
  if (hasFix !== undefined && hasFix !== (row.fix !== undefined)) return false;
  if (context !== undefined && !row.context?.toLowerCase().includes(context.toLowerCase()))
    return false;
  const facts = Object.entries(metadata ?? {}).map(([key, value]) => toFact(key, value));
  if (!facts.every((fact) => row.facts.includes(fact))) return false;
  if (permits && !permits(rowFacts(row))) return false;
  return minConfidence === undefined || confidenceOfRow(parts, row).value >= minConfidence;
}

interface Position {
  readonly at: number;
  readonly id: string;
}

/** Negative where `a` comes first. */
function newestFirst(a: Position, b: Position): number {
  if (a.at !== b.at) return b.at - a.at;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

function positionOf(after: string | undefined): Position | undefined {
  if (after === undefined) return undefined;
  const [, at, id] = /^(-?\d{1,16}(?:\.\d+)?)\/(.{1,128})$/.exec(after) ?? [];
  if (at !== undefined && id !== undefined) return { at: Number(at), id };
  throw new TrestleError(
    "invalid_input",
    `after: ${JSON.stringify(after.slice(0, 50))} is no place in a list: give the \`next\` of the page before, or leave it out for the first page.`,
  );
}
