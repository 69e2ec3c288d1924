import type { LooksAt } from "../records/record-facts.ts";
import type { FoundRecord } from "./found-record.ts";
import type { Highlight } from "./highlights.ts";
import type { Preview } from "./previews.ts";
import type { Channel } from "./scores.ts";

/** What is looked for. Without any text: everything that passes the filters, the newest first. */
export interface SearchQuery {
  /** Words, in any order and spelling. */
  readonly text?: string;
  /** An error to which similar ones are looked for. */
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly context?: string;
  readonly filters?: SearchFilters;
  /** Keys of metadata, or `type`, `severity`, `context`, whose values are counted over all that match. */
  readonly facets?: readonly string[];
  /** How many hits; 10 if not said, at most 200. */
  readonly limit?: number;
  /** How many of the first hits are left out. */
  readonly offset?: number;
  /** Whether hits say where the words stand. */
  readonly highlight?: boolean;
  /**
   * Given the best by words, says how good each is by all that speaks for it, and undefined for what is no hit.
   * Hits come in that order. Asked for the best 200 only: the same whatever page is wanted.
   */
  readonly rank?: (candidate: Candidate) => number | undefined;
}

export interface Candidate {
  readonly record: FoundRecord;
  /** 0 to 1: how like it is to what was looked for; 0 where nothing was. */
  readonly score: number;
  /** What the score is made of. */
  readonly channels: readonly ChannelScore[];
}

/** All of them have to pass; of several values one. */
export interface SearchFilters {
  readonly types?: readonly string[];
  readonly severities?: readonly string[];
  /** Part of the context, in any case of letters. */
  readonly context?: string;
  /** Milliseconds since 1970, both included. */
  readonly since?: number;
  readonly until?: number;
  /** 0 to 1. What has no confidence does not pass. */
  readonly minConfidence?: number;
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>;
  /** Asked last: what does not pass is neither found nor counted. */
  readonly permits?: (facts: HitFacts) => boolean;
  /** What `permits` looks at besides context and severity: it is asked once for all that are alike in it. */
  readonly permitsBy?: LooksAt | undefined;
  /** Ids that are left out. */
  readonly exclude?: readonly string[];
}

/** What the index knows of a document, without its texts. */
export interface HitFacts {
  readonly id: string;
  readonly context: string | undefined;
  readonly severity: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SearchHit extends Preview {
  readonly id: string;
  readonly version: number;
  readonly type?: string;
  readonly severity?: string;
  readonly confidence?: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** 0 to 1: how like it is to what was looked for; 0 where nothing was. */
  readonly score: number;
  /** What the score is made of. */
  readonly channels: readonly ChannelScore[];
  /** Stems of the question that it has, those that tell most first. */
  readonly matched: readonly string[];
  readonly highlights: readonly Highlight[];
}

/** One way to compare: the score is the sum of value × weight. */
export interface ChannelScore {
  readonly channel: Channel;
  /** 0 to 1. */
  readonly value: number;
  /** 0 to 1; those of one answer add up to 1. */
  readonly weight: number;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** How many match and pass the filters: have one of the words looked for that tell something. */
  readonly total: number;
  /** Of each key that was asked for: its values, the more frequent first. */
  readonly facets: Readonly<Record<string, readonly FacetCount[]>>;
  /** Words that are not known, and the known stems that were taken for them. */
  readonly corrections: Readonly<Record<string, readonly string[]>>;
}

export interface FacetCount {
  readonly value: string;
  readonly count: number;
}
