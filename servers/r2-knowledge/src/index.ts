/** The server, for mounting, and the knowledge it keeps, for programs of their own. */
export type { Conflict, Edit, Edited } from "./coediting/shared-object.ts";
export type { ChangeOptions, DiagnosisPatch } from "./knowledge/change-diagnosis.ts";
export type { CostReport } from "./knowledge/cost.ts";
export type { ExportFormat, ExportOptions } from "./knowledge/export.ts";
export type {
  BulkItem,
  BulkOptions,
  Filters,
  Found,
  IndexReport,
  KnowledgeStore,
  Known,
  SearchAnswer,
  SearchOptions,
  SimilarOptions,
  Summary,
  Topic,
} from "./knowledge/knowledge-store.ts";
export type { MetricKind, Metrics } from "./knowledge/metrics.ts";
export { type KnowledgeOptions, openKnowledge } from "./knowledge/open-knowledge.ts";
export type { Stored, StoreOptions } from "./knowledge/store-diagnosis.ts";
export type { FixConfidence } from "./learning/confidence.ts";
export type { Explanation } from "./learning/rank.ts";
export {
  type FolderStoreOptions,
  openFolderStore,
} from "./object-store/folder/open-folder-store.ts";
export {
  type BilledRequests,
  type CallOptions,
  type GetOptions,
  type ListOptions,
  type ListPage,
  type ObjectFacts,
  type ObjectStore,
  ObjectStoreError,
  type ObjectStoreErrorCode,
  type PutOptions,
  type StoredObject,
} from "./object-store/object-store.ts";
export type { S3Options } from "./object-store/s3/settings.ts";
export { openBucketStore } from "./open-store.ts";
export type { Audit, AuditInput } from "./records/audit.ts";
export type { Diagnosis, DiagnosisInput, ErrorInput } from "./records/diagnosis.ts";
export type { OutcomeInput } from "./records/outcome.ts";
export type { Pattern, PatternInput } from "./records/pattern.ts";
export type { SearchQuery } from "./search/query.ts";
export type { Channels as SearchChannels } from "./search/scores.ts";
export { createSearchIndex, type SearchIndex } from "./search/search-index.ts";
export { server } from "./server.ts";
export { stemOf } from "./text/stem.ts";
export { wordsOf } from "./text/tokens.ts";
