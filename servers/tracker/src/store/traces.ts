import type { EditFact, ErrorFact, RunFact } from "../model/facts.ts";
import type { PhaseName } from "../model/phase.ts";
import type { TimeRange } from "./queries.ts";

/** An error without what only its reader needs. */
export interface ErrorTrace
  extends Pick<
    ErrorFact,
    "recordId" | "sessionId" | "at" | "group" | "component" | "class" | "files"
  > {
  readonly phase?: PhaseName;
}

/** What finds a fact of a store again, in the store's own words. */
interface Trace {
  /** Names its record: `recordIds` tells which that is. */
  readonly ref: string;
  /** Tells sessions apart; `areEdited` takes it. */
  readonly session: string;
}

export interface RunTrace
  extends Trace,
    Pick<RunFact, "at" | "command" | "tool" | "ok" | "project"> {}

export interface EditTrace extends Trace, Pick<EditFact, "at" | "path" | "project"> {}

/** The newest of a time. */
export interface TraceQuery extends TimeRange {
  readonly project?: string;
  /** At most so many; there are no pages. */
  readonly limit: number;
}

/** A part of a session: after `after`, up to `until`. */
export interface SessionSpan {
  readonly session: string;
  readonly after: number;
  readonly until: number;
}

export interface Seen {
  readonly recordId: string;
  readonly at: number;
}

/** What became of an error group by a moment and after it. */
export interface ErrorCourse {
  readonly before: number;
  readonly lastBefore?: Seen;
  readonly after: number;
  /** The first five. */
  readonly firstAfter: readonly Seen[];
}

/** Runs by the head of their command (see `commandHead`), or by their tool. */
export interface TriesQuery {
  readonly project: string;
  readonly by: { readonly head: string } | { readonly tool: string };
  readonly after: number;
}

export interface Tries {
  readonly tried: number;
  readonly succeeded: number;
  /** The first five that succeeded. */
  readonly firstSucceeded: readonly Seen[];
}

export interface FinishedTask {
  readonly id: string;
  readonly createdAt: number;
  readonly statusAt: number;
}

/** So many of what was seen first are told. */
export const FIRST_SEEN = 5;

/**
 * What analyses read of many facts at once, and little of each: a store keeps it where no record has to be opened for it.
 * A fact of a record that retention has deleted is none.
 */
export interface TraceReads {
  /** Newest first. */
  errorTraces(query: TraceQuery): Promise<readonly ErrorTrace[]>;
  /** Newest first. */
  runTraces(query: TraceQuery & { readonly command?: string }): Promise<readonly RunTrace[]>;
  /** Newest first. */
  editTraces(query: TraceQuery & { readonly path?: string }): Promise<readonly EditTrace[]>;
  /** By ref, of records that are still there. */
  recordIds(refs: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Of each span: did the session write a file in it? */
  areEdited(spans: readonly SessionSpan[]): Promise<readonly boolean[]>;
  /** `at` belongs to what was before. */
  errorCourse(query: { readonly group: string; readonly at: number }): Promise<ErrorCourse>;
  tries(query: TriesQuery): Promise<Tries>;
  /** Tasks that are done and were spoken of in the time, the last spoken of first. */
  finishedTasks(query: TraceQuery): Promise<readonly FinishedTask[]>;
}
