import type { ErrorClass, TaskSource, TaskStatus } from "../model/facts.ts";
import type { PhaseName } from "../model/phase.ts";
import type { Agent, Part, TrackedRecord } from "../model/record.ts";

/** What there is of what was asked for, and where to go on: as `cursor` of the same query. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Undefined: that was all. */
  readonly next?: string;
}

export interface Paging {
  /** Default 50, at most 1,000. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Milliseconds since 1970; from is within it, to is not. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/** Newest activity first. */
export interface SessionQuery extends Paging, TimeRange {
  readonly project?: string;
  readonly agent?: Agent;
}

/** Oldest first, or newest first where `newest` is set. */
export interface RecordQuery extends Paging, TimeRange {
  readonly sessionId?: string;
  readonly laneId?: string;
  readonly newest?: boolean;
}

export interface SearchQuery extends Paging, TimeRange {
  /** Words, all of which must be there; "several words" in this order; `word*` for beginnings; `-word` for none. */
  readonly text: string;
  readonly project?: string;
  readonly sessionId?: string;
  readonly agent?: Agent;
  /** Kinds of parts; any of them. */
  readonly kinds?: readonly SearchedKind[];
  /** `newest` (default), or the most relevant of the newest 200 that match. */
  readonly order?: "newest" | "relevance";
}

/** What is searched; `thinking` are replies that were. Usage and task parts are found by their own queries. */
export type SearchedKind = Exclude<Part["kind"], "usage" | "task"> | "thinking";

export interface SearchHit {
  readonly record: TrackedRecord;
  readonly project: string;
  /** Of the part that matched, about 240 characters, with what matched between « and ». */
  readonly snippet: string;
}

/** The most urgent first, then the last spoken of; or by time alone. */
export interface TaskQuery extends Paging {
  readonly statuses?: readonly TaskStatus[];
  readonly project?: string;
  /** Tasks that this session spoke of. */
  readonly sessionId?: string;
  readonly sources?: readonly TaskSource[];
  /** Words, all of which are in subject, description or note. */
  readonly text?: string;
  readonly minConfidence?: number;
  readonly phase?: PhaseName | "unknown";
  /** Spoken of last in this time. */
  readonly updated?: TimeRange;
  readonly order?: "priority" | "updated" | "created";
}

export interface CountTasksQuery {
  readonly by: "status" | "project" | "source" | "created" | "finished";
  readonly project?: string;
  readonly statuses?: readonly TaskStatus[];
  /** Of the time it was created in; by `finished`, finished. */
  readonly time?: TimeRange;
}

/** Days are of UTC: `2026-11-22`. */
export interface Count {
  readonly key: string;
  readonly count: number;
}

/** The newest first, or the most frequent within the time. A group is in a time where an error of it is. */
export interface ErrorGroupQuery extends Paging, TimeRange {
  readonly project?: string;
  readonly component?: string;
  readonly family?: string;
  readonly classes?: readonly ErrorClass[];
  readonly phase?: PhaseName | "unknown";
  readonly statuses?: readonly ("open" | "resolved" | "regressed")[];
  readonly order?: "last" | "first" | "count";
  /** Counts in so many equal spans of the time, at most 100; needs `from` and `to`. Hours are not split. */
  readonly buckets?: number;
}

/** In the order of time. */
export interface FactQuery extends Paging, TimeRange {
  readonly project?: string;
  readonly sessionId?: string;
  readonly newest?: boolean;
}

export interface ErrorEventQuery extends FactQuery {
  readonly group?: string;
}

export interface RunQuery extends FactQuery {
  readonly command?: string;
  readonly test?: boolean;
}

export interface EditQuery extends FactQuery {
  readonly path?: string;
}

export interface UsageQuery extends TimeRange {
  readonly by: "session" | "model" | "day" | "project" | "all";
  readonly project?: string;
  readonly sessionId?: string;
  readonly model?: string;
}

/** Of error groups, by spans of time; spans start at multiples of `spanMs`. */
export interface SpanCountQuery extends TimeRange {
  /** A multiple of five minutes. */
  readonly spanMs: number;
  readonly project?: string;
  readonly group?: string;
}

export interface SpanCount {
  readonly group: string;
  /** When the span starts. */
  readonly at: number;
  readonly count: number;
}

/** Sums of whole UTC days. */
export interface SumQuery extends TimeRange {
  readonly project?: string;
  /** Default 50, at most 1,000. */
  readonly limit?: number;
}

export interface RunSum {
  readonly command: string;
  readonly test: boolean;
  readonly ok: number;
  readonly failed: number;
}

export interface EditSum {
  readonly path: string;
  readonly count: number;
}
