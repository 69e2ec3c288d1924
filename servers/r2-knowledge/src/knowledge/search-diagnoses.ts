import { TrestleError } from "@trestle/protocol";
import { contextMatch, explain } from "../learning/rank.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { ErrorInput } from "../records/diagnosis.ts";
import type { SearchFilters, SearchHit, SearchAnswer as TextAnswer } from "../search/query.ts";
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
import { confidenceOfRow, type Row, toFact, toSummary } from "./rows.ts";

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
  const wanted = { softwareVersion, near: filters.context };
  const answer = await look(parts, { text, highlight: true }, filters, { signal });
  return toAnswer(parts, answer, { ...wanted, ...filters, limit, offset });
}

/** By an error: what is like it in what failed, how and where. */
export async function findSimilar(
  parts: SearchParts,
  error: ErrorInput,
  { limit = 10, softwareVersion, near, signal, ...filters }: SimilarOptions = {},
): Promise<SearchAnswer> {
  const { name, message, stack } = error;
  const asked = { message, ...(name && { name }), ...(stack && { stack }) };
  const answer = await look(parts, asked, filters, { signal });
  const print = fingerprint(error);
  return toAnswer(parts, answer, { softwareVersion, near, print, ...filters, limit, offset: 0 });
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

interface Wanted extends Filters {
  readonly softwareVersion?: string | undefined;
  readonly near?: string | undefined;
  readonly print?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

interface Asked {
  readonly text?: string;
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly highlight?: boolean;
}

/** Measures what a caller waits for, the look for what others stored included. */
async function look(
  parts: SearchParts,
  asked: Asked,
  filters: Filters,
  options: CallOptions,
): Promise<TextAnswer> {
  const from = performance.now();
  await parts.indexes.refresh(options);
  const answer = parts.indexes.diagnoses.search({
    ...asked,
    filters: toSearchFilters(filters),
    facets: [...FACETS],
    limit: MOST_RANKED,
  });
  parts.meter.search(performance.now() - from, answer.total);
  return answer;
}

/** The odds of a fix are not in the search's index: they change with the day. */
function toSearchFilters(filters: Filters): SearchFilters {
  const { context, severity, since, until, hasFix, metadata } = filters;
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
  };
}

function toAnswer(parts: SearchParts, answer: TextAnswer, wanted: Wanted): SearchAnswer {
  const { minConfidence = 0, limit, offset } = wanted;
  const ranked = answer.hits
    .flatMap((hit) => toFound(parts, hit, wanted) ?? [])
    .filter(({ confidence }) => confidence.value >= minConfidence)
    .toSorted((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1));
  return {
    hits: ranked.slice(offset, offset + limit),
    total: minConfidence > 0 ? ranked.length : answer.total,
    facets: toFacets(answer),
  };
}

function toFound(parts: SearchParts, hit: SearchHit, wanted: Wanted): Found | undefined {
  const row = parts.indexes.diagnoses.rows.get(hit.id);
  if (row === undefined) return undefined;
  const summary = toSummary(parts, row, wanted.softwareVersion);
  const explanation = explain({
    text: withoutStack(hit),
    stack: stackOf(hit),
    context: contextMatch(wanted.near, row.context),
    confidence: summary.confidence,
  });
  return {
    ...summary,
    // The search keeps more of both.
    message: hit.message,
    fix: hit.fix === "" ? undefined : hit.fix,
    score: explanation.score,
    explanation,
    isSame: wanted.print !== undefined && wanted.print === row.fingerprint,
    highlights: hit.highlights.map((highlight) => excerptOf(hit, highlight)),
  };
}

function stackOf({ channels }: SearchHit): number | undefined {
  return channels.find(({ channel }) => channel === STACK)?.value;
}

/** How alike the texts are, without what the stacks gave. */
function withoutStack({ channels, score }: SearchHit): number {
  const texts = channels.filter(({ channel }) => channel !== STACK);
  const weight = texts.reduce((sum, each) => sum + each.weight, 0);
  if (weight === 0) return score;
  return texts.reduce((sum, each) => sum + each.value * each.weight, 0) / weight;
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
function passes(parts: SearchParts, row: Row, filters: Filters): boolean {
  const {
    context,
    severity,
    since = 0,
    until = Infinity,
    hasFix,
    metadata,
    minConfidence,
  } = filters;
  if (row.at < since || row.at > until) return false;
  if (severity !== undefined && row.severity !== severity) return false;
  if (hasFix !== undefined && hasFix !== (row.fix !== undefined)) return false;
  if (context !== undefined && !row.context?.toLowerCase().includes(context.toLowerCase()))
    return false;
  const facts = Object.entries(metadata ?? {}).map(([key, value]) => toFact(key, value));
  if (!facts.every((fact) => row.facts.includes(fact))) return false;
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
