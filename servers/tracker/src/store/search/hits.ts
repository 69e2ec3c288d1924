import type { TrackedRecord } from "../../model/record.ts";
import { type Place, toPage } from "../paging.ts";
import type { Page, SearchHit, SearchQuery } from "../queries.ts";
import type { Clause } from "./clauses.ts";
import { relevanceOf, snippetOf } from "./matches.ts";
import { type PartText, textsOf } from "./texts.ts";

/** By relevance, so many of the newest that match are weighed: all of them may be a million. */
const RELEVANCE_POOL = 200;

export interface Candidate {
  readonly place: number;
  readonly record: TrackedRecord;
  readonly project: string;
}

export interface Asked {
  readonly query: SearchQuery;
  readonly clauses: readonly Clause[];
  readonly limit: number;
  /** Where the page before ended. */
  readonly after: Place | undefined;
}

/** The candidates a page needs: those before a place, so many of the newest. */
export function wantedOf({ query, limit, after }: Asked): {
  readonly before?: number;
  readonly count: number;
} {
  if (query.order === "relevance") return { count: RELEVANCE_POOL };
  return { count: limit + 1, ...(after === undefined ? {} : { before: Number(after[0]) }) };
}

/** `found` are as many as were wanted, newest first. */
export function toHits(
  found: readonly Candidate[],
  { query, clauses, limit, after }: Asked,
): Page<SearchHit> {
  const textsIn = ({ record }: Candidate): PartText[] =>
    textsOf(record).filter(({ kind }) => query.kinds?.includes(kind) ?? true);
  const toItem = (candidate: Candidate): SearchHit => ({
    record: candidate.record,
    project: candidate.project,
    snippet: snippetOf(textsIn(candidate), clauses),
  });
  if (query.order !== "relevance") {
    return toPage(found, { limit, placeOf: ({ place }) => [place], toItem });
  }
  const ranked = found
    .map((candidate) => ({ candidate, relevance: relevanceOf(textsIn(candidate), clauses) }))
    .sort(
      (one, other) =>
        other.relevance - one.relevance || other.candidate.place - one.candidate.place,
    )
    .map(({ candidate }, index) => ({ candidate, index }));
  return toPage(ranked.slice(Number(after?.[0] ?? 0)), {
    limit,
    placeOf: ({ index }) => [index + 1],
    toItem: ({ candidate }) => toItem(candidate),
  });
}
