import type { Edit, Edited } from "../coediting/shared-object.ts";
import type { FixConfidence } from "../learning/confidence.ts";
import type { Explanation } from "../learning/rank.ts";
import type { Conflict, Gap } from "../learning/topic.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Audit, AuditInput } from "../records/audit.ts";
import type { Diagnosis, DiagnosisInput, ErrorInput } from "../records/diagnosis.ts";
import type { OutcomeInput } from "../records/outcome.ts";
import type { Pattern, PatternInput } from "../records/pattern.ts";
import type { Seeing } from "../records/record-facts.ts";
import type { ChangeOptions, DeleteOptions, DiagnosisPatch } from "./change-diagnosis.ts";
import type { CostReport } from "./cost.ts";
import type { EditOptions } from "./edit-together.ts";
import type { ExportOptions } from "./export.ts";
import type { MetricKind, Metrics, MetricsOptions } from "./metrics.ts";
import type { RecordedOutcome } from "./outcomes.ts";
import type { Change, Checking } from "./parts.ts";
import type { LearnedPattern } from "./patterns.ts";
import type { Stored, StoreOptions } from "./store-diagnosis.ts";

/**
 * What an organisation knows of errors and their fixes. Whatever is acknowledged is durable and found by
 * everybody who asks from then on. Failures are TrestleErrors whose message says what to do.
 */
export interface KnowledgeStore {
  /** Where it is, without secrets. */
  readonly description: string;
  store(input: DiagnosisInput, options?: StoreOptions): Promise<Stored>;
  /** Each on its own: one that fails does not end the others. In the order of the inputs. */
  storeMany(inputs: readonly DiagnosisInput[], options?: BulkOptions): Promise<BulkItem[]>;
  get(id: string, options?: CallOptions): Promise<Known>;
  update(id: string, patch: DiagnosisPatch, options: ChangeOptions): Promise<Known>;
  /** Changes fields that others edit too: merged by field, or refused with both values told. */
  edit(id: string, edit: Edit, options?: EditOptions): Promise<Edited<Diagnosis>>;
  delete(id: string, options?: DeleteOptions): Promise<void>;
  /** The newest first. */
  list(options?: ListOptions): Promise<DiagnosisPage>;
  search(query: SearchOptions): Promise<SearchAnswer>;
  findSimilar(error: ErrorInput, options?: SimilarOptions): Promise<SearchAnswer>;
  recordOutcome(
    id: string,
    input: OutcomeInput,
    options?: CallOptions & Checking<Diagnosis>,
  ): Promise<RecordedOutcome>;
  recordAudit(input: AuditInput, options?: CallOptions): Promise<Audit>;
  getAudit(id: string, options?: CallOptions): Promise<Audit>;
  deleteAudit(id: string, options?: CallOptions & Checking<Audit>): Promise<void>;
  searchAudits(query: SearchOptions): Promise<AuditAnswer>;
  definePattern(input: PatternInput, options?: CallOptions & Checking<Pattern>): Promise<Pattern>;
  listPatterns(options?: PatternOptions): Promise<Patterns>;
  learnTopic(topic: string, options?: SimilarOptions): Promise<Topic>;
  metrics(kinds: readonly MetricKind[], options: MetricsOptions): Promise<Metrics>;
  costReport(options: { since: number } & CallOptions): Promise<CostReport>;
  /** In pieces of text, for a file or an answer. */
  export(options: ExportOptions): AsyncIterable<string>;
  /** Tells every change that this process made, once it is durable. */
  subscribe(listener: (change: Change) => void): () => void;
  readonly index: IndexCare;
  close(): Promise<void>;
}

export interface BulkOptions extends StoreOptions {
  /** Items at work at once; 8 where left out. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export type BulkItem =
  | (Stored & { readonly index: number })
  | {
      readonly index: number;
      readonly status: "failed";
      readonly code: string;
      readonly message: string;
    };

/** A diagnosis, and what is known of it by now. */
export interface Known {
  readonly record: Diagnosis;
  readonly confidence: FixConfidence;
  /** How often the error was met, the first time included. */
  readonly occurrences: number;
}

export interface Filters {
  /** Words of the context, or all of it. */
  readonly context?: string | undefined;
  readonly severity?: string | undefined;
  /** Milliseconds since 1970; both ends included. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Odds that the fix works, 0 to 1. */
  readonly minConfidence?: number | undefined;
  readonly hasFix?: boolean | undefined;
  /** Values of the first level, as text. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ListOptions extends CallOptions, Filters, Seeing {
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface SearchOptions extends CallOptions, Filters, Seeing {
  readonly text: string;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** Of the software that the fix is wanted for. */
  readonly softwareVersion?: string | undefined;
}

export interface SimilarOptions extends CallOptions, Filters, Seeing {
  /** A context that counts in the ranking; `context` leaves out all others. */
  readonly near?: string | undefined;
  readonly limit?: number | undefined;
  readonly softwareVersion?: string | undefined;
}

/** What is shown of a diagnosis without reading its object. */
export interface Summary {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  /** Its beginning. */
  readonly fix: string | undefined;
  readonly context: string | undefined;
  readonly severity: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly confidence: FixConfidence;
}

export interface Found extends Summary {
  /** 0 to 1. */
  readonly score: number;
  readonly explanation: Explanation;
  /** It is the very same kind of error: the fingerprints are equal. */
  readonly isSame: boolean;
  /** Texts around what was found, with the words found between `**`. */
  readonly highlights: readonly string[];
}

export interface SearchAnswer {
  readonly hits: readonly Found[];
  /** How many there are, not only on this page. */
  readonly total: number;
  /** How many of all found have which value: `{ context: { api: 3 } }`. */
  readonly facets: Facets;
}

export type Facets = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface DiagnosisPage {
  readonly items: readonly Summary[];
  readonly total: number;
  readonly next: string | undefined;
}

export interface AuditHit {
  readonly audit: Audit;
  /** 0 to 1, compared with the best. */
  readonly score: number;
}

export interface AuditAnswer {
  readonly hits: readonly AuditHit[];
  readonly total: number;
  readonly facets: Facets;
}

export interface PatternOptions extends CallOptions, Seeing {
  /** Milliseconds since 1970: learned from what was stored since. */
  readonly since?: number | undefined;
  readonly limit?: number | undefined;
}

export interface Patterns {
  readonly defined: readonly (Pattern & { readonly matching: number })[];
  /** Errors that came again and again, the most frequent first. */
  readonly learned: readonly LearnedPattern[];
}

export interface Topic {
  readonly topic: string;
  readonly total: number;
  readonly best: readonly Found[];
  readonly conflicts: readonly Conflict[];
  readonly gaps: readonly Gap[];
  readonly facets: Facets;
}

export interface IndexCare {
  check(options?: CallOptions & { repair?: boolean | undefined }): Promise<IndexReport>;
  /** With `trustRecords`, what was deleted and is there again is found again. */
  rebuild(options?: CallOptions & { trustRecords?: boolean | undefined }): Promise<IndexReport>;
  compact(options?: CallOptions): Promise<IndexReport>;
}

/** Of each index, what was found or done. */
export interface IndexReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
}
