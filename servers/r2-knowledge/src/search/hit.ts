import type { Documents } from "./documents.ts";
import { FoundRecord } from "./found-record.ts";
import { highlightsOf } from "./highlights.ts";
import type { SearchHit, SearchQuery } from "./query.ts";
import type { Question } from "./question.ts";
import type { Scored } from "./search-index.ts";
import { WORD } from "./terms.ts";

const MOST_MATCHED = 12;

interface Asked {
  readonly query: SearchQuery;
  readonly question: Question | undefined;
  readonly documents: Documents;
}

/** All that is shown of a document that was found. */
export function toHit(
  { document, score, channels }: Scored,
  { query, question, documents }: Asked,
): SearchHit {
  const record = new FoundRecord(documents, document);
  const { id, version, preview, type, severity, confidence, timestamp, metadata } = record;
  const stems = question === undefined ? [] : matchedBy(question, document, documents);
  return {
    ...{ id, version, ...preview, timestamp, metadata, score, channels },
    ...(type === undefined ? {} : { type }),
    ...(severity === undefined ? {} : { severity }),
    ...(confidence === undefined ? {} : { confidence }),
    matched: stems.slice(0, MOST_MATCHED),
    highlights: query.highlight ? highlightsOf(preview, new Set(stems)) : [],
  };
}

function matchedBy(question: Question, document: number, { postings }: Documents): string[] {
  const size = postings.read(document);
  const own = new Set(postings.readTerms.subarray(0, size));
  return question.words
    .filter(({ term }) => own.has(term) && postings.kinds[term] === WORD)
    .map(({ text }) => text);
}
