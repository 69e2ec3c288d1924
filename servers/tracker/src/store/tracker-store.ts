import type { Document, DocumentKind, SkippedLines, WatchedSource } from "../model/document.ts";
import type { ErrorGroup, Resolution } from "../model/error-group.ts";
import type { EditFact, ErrorFact, Facts, RunFact } from "../model/facts.ts";
import type { Agent, SessionFacts, TrackedRecord } from "../model/record.ts";
import type { Session, UsageSum } from "../model/session.ts";
import type { Task, TaskChange, TaskWithEvidence } from "../model/task.ts";
import type {
  Count,
  CountTasksQuery,
  EditQuery,
  EditSum,
  ErrorEventQuery,
  ErrorGroupQuery,
  Page,
  Paging,
  RecordQuery,
  RunQuery,
  RunSum,
  SearchHit,
  SearchQuery,
  SessionQuery,
  SpanCount,
  SpanCountQuery,
  SumQuery,
  TaskQuery,
  TimeRange,
  UsageQuery,
} from "./queries.ts";
import type { TraceReads } from "./traces.ts";

/**
 * What was read of one source, together with how far: both are stored, or neither, so that a restart reads on
 * where the rows end and nothing is counted twice.
 */
export interface Batch {
  /** Left out where there is no place to read on from: a pasted chat, an event of a hook. */
  readonly cursor?: Cursor;
  /**
   * The cursor that the reader began from; the batch is refused (`conflict`) where another has moved it.
   * Undefined where it began without one.
   */
  readonly expected?: Cursor;
  /** The lease the source is read under; refused (`conflict`) where another has taken it since. */
  readonly lease?: Lease;
  /** Any number; a record that is stored already is left aside with its facts, whatever file it came from. */
  readonly records: readonly TrackedRecord[];
  /** Only of records of this batch. */
  readonly facts: Facts;
  /** What the extractors remember of each session (or of a source) between batches; opaque to the store. "" forgets. */
  readonly memories: ReadonlyMap<string, string>;
  /** What was learned of sessions; fields that are left out stay as they were. Every session of a record is known. */
  readonly sessions: ReadonlyMap<string, SessionFacts & { readonly project: string }>;
  /** Lines that could not be read, by reason. Counted for the cursor's source. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** How far a file is read. */
export interface Cursor {
  /** `<device>:<inode>` of a file, or what else never changes while the source stays the same. */
  readonly key: string;
  readonly source: string;
  readonly path: string;
  /** End of the last full line, in bytes. */
  readonly offset: number;
  /** SHA-1 of the first `headLength` bytes: tells a file that was replaced or truncated and grew again. */
  readonly head: string;
  readonly headLength: number;
  /** SHA-1 of the last `headLength` bytes before `offset`: files that begin alike go on otherwise. */
  readonly tail: string;
  /** When the file was begun to be read, milliseconds since 1970: a line of what stood there before is another line. */
  readonly begunAt: number;
}

/** What a batch changed. */
export interface Committed {
  /** Ids of records that were not stored before, in the order of the batch. */
  readonly records: readonly string[];
  /** Records older than what retention keeps: not stored. */
  readonly expired: number;
  /** Tasks that were made or changed. */
  readonly tasks: readonly string[];
  /** Groups met for the first time. */
  readonly newGroups: readonly string[];
  /** Groups that were resolved, and came back. */
  readonly regressedGroups: readonly string[];
}

/** The right to read a source alone until it expires. */
export interface Lease {
  readonly name: string;
  /** Higher than that of every holder before. */
  readonly fence: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** A record with what was derived from it: a link of evidence leads here. */
export interface StoredRecord {
  readonly record: TrackedRecord;
  readonly project: string;
  readonly agent?: Agent;
  readonly facts: Facts;
}

export interface Retention {
  /** Records before this time go. */
  readonly before?: number;
  /** The oldest go until the store has no more bytes than this. */
  readonly maxBytes?: number;
}

export interface StoreStats {
  readonly kind: "sqlite" | "redis";
  readonly records: number;
  readonly sessions: number;
  readonly tasks: number;
  readonly errorGroups: number;
  readonly bytes: number;
  /** Time of the oldest and the newest record. */
  readonly oldestAt?: number;
  readonly newestAt?: number;
}

export interface ImportCount {
  readonly lines: number;
  readonly records: number;
}

/**
 * Everything the tracker keeps. Every write is durable, whole or absent, once its promise resolves; reads see all
 * that was acknowledged. Rejects with `invalid_input`, `not_found`, `conflict` (see `Batch`), `unavailable`
 * (disk full, Redis gone: nothing was stored) or `outcome_unknown`, after which the same batch may be
 * committed again.
 */
export interface TrackerStore extends TraceReads {
  commit(batch: Batch): Promise<Committed>;
  cursor(key: string): Promise<Cursor | undefined>;
  cursors(source?: string): Promise<readonly Cursor[]>;
  /** For files that are gone. */
  forgetCursors(keys: readonly string[]): Promise<void>;
  /** Those that are remembered, by session. */
  memories(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Undefined where another holds it; its holder's own is prolonged and keeps its fence. */
  takeLease(
    name: string,
    request: { readonly holder: string; readonly ttlMs: number },
  ): Promise<Lease | undefined>;
  releaseLease(lease: Lease): Promise<void>;

  session(id: string): Promise<Session | undefined>;
  sessions(query?: SessionQuery): Promise<Page<Session>>;
  record(id: string): Promise<StoredRecord | undefined>;
  records(query: RecordQuery): Promise<Page<TrackedRecord>>;
  search(query: SearchQuery): Promise<Page<SearchHit>>;

  /** Also by an id that was merged into it. */
  task(id: string): Promise<TaskWithEvidence | undefined>;
  tasks(query?: TaskQuery): Promise<Page<Task>>;
  countTasks(query: CountTasksQuery): Promise<readonly Count[]>;
  updateTask(id: string, change: TaskChange): Promise<Task>;
  /** From now on `id` is the task `into`, with its facts, those to come as well. */
  mergeTasks(id: string, into: string, by?: string): Promise<Task>;
  /** Scores replace those before; of tasks that are not there they are left aside. */
  scoreTasks(scores: readonly TaskScore[]): Promise<void>;

  errorGroup(
    group: string,
    time?: TimeRange & { readonly buckets?: number },
  ): Promise<ErrorGroup | undefined>;
  errorGroups(query?: ErrorGroupQuery): Promise<Page<ErrorGroup>>;
  errorEvents(query: ErrorEventQuery): Promise<Page<ErrorFact>>;
  /** Windows of time with errors, for what happens together: in the order of time. */
  errorCounts(query: SpanCountQuery): Promise<readonly SpanCount[]>;
  /** `undefined` opens it again. */
  resolveErrors(group: string, resolution: Resolution | undefined): Promise<ErrorGroup>;

  runs(query: RunQuery): Promise<Page<RunFact>>;
  edits(query: EditQuery): Promise<Page<EditFact>>;
  /** By command, those that failed most often first. */
  runSums(query: SumQuery): Promise<readonly RunSum[]>;
  /** By file, those that were written most often first. */
  editSums(query: SumQuery): Promise<readonly EditSum[]>;
  /** By key, then model; hours are not split. */
  usage(query: UsageQuery): Promise<readonly UsageSum[]>;

  sources(): Promise<readonly WatchedSource[]>;
  putSource(source: WatchedSource): Promise<void>;
  /** False where there was none. What was read of it stays. */
  removeSource(name: string): Promise<boolean>;
  skipped(): Promise<readonly SkippedLines[]>;

  /** All or none of one kind. With `keep`, so many values of each key are its history. */
  putDocuments(documents: readonly Document[], options?: { readonly keep?: number }): Promise<void>;
  document(kind: DocumentKind, key: string): Promise<Document | undefined>;
  /** By key. */
  documents(
    kind: DocumentKind,
    query?: Paging & { readonly prefix?: string },
  ): Promise<Page<Document>>;
  /** Newest first, the present value included. */
  history(
    kind: DocumentKind,
    key: string,
    query?: TimeRange & { readonly limit?: number },
  ): Promise<readonly Document[]>;
  /** With their history. */
  removeDocuments(kind: DocumentKind, keys: readonly string[]): Promise<void>;

  /** How many records went. Sums, groups and unfinished tasks stay. */
  retain(retention: Retention): Promise<number>;
  /** Lines of JSON that `importLines` takes, of either kind of store. */
  exportLines(): AsyncIterable<string>;
  /** Adds to what is there: what is there already stays. */
  importLines(lines: AsyncIterable<string>): Promise<ImportCount>;
  stats(): Promise<StoreStats>;
  close(): Promise<void>;
}

export interface TaskScore {
  readonly taskId: string;
  /** 0 to 100. */
  readonly score: number;
  readonly terms: Readonly<Record<string, number>>;
}
