/** The server, for mounting, and the tracker it is made of, for programs of their own. */
export { createDrain, type Drain, type DrainSnapshot, type Template } from "./drain/drain.ts";
export { createExtractors, type ExtractorParts } from "./facts/extractors.ts";
export {
  type Ingestion,
  type IngestionOptions,
  type IngestionStatus,
  openIngestion,
} from "./ingest/open-ingestion.ts";
export type { Facts } from "./model/facts.ts";
export type { TrackedRecord } from "./model/record.ts";
export { createRecordRedact, type RedactOptions } from "./redact/redact-record.ts";
export { server } from "./server.ts";
export type { Source } from "./sources/source.ts";
export { openRedisStore, type RedisStoreOptions } from "./store/redis/open.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./store/sqlite/open.ts";
export {
  type SharedStore,
  type SharedStoreOptions,
  shareSqliteStore,
} from "./store/sqlite/share.ts";
export type { Batch, TrackerStore } from "./store/tracker-store.ts";
export { createTaskDirectory, type TaskDirectory } from "./tasks/task-directory.ts";
export { claudeCode } from "./transcripts/claude-code/claude-code.ts";
