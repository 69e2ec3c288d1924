export type { Bus, BusListener } from "./bus/bus.ts";
export { type BusHub, createBusHub } from "./bus/bus-hub.ts";
export { createMemoryBus } from "./bus/memory-bus.ts";
export { createSharedBus, type SharedBusOptions } from "./bus/shared-bus.ts";
export {
  type Cache,
  type CacheAddress,
  type CacheBounds,
  type CacheFill,
  type CacheLookup,
  type CacheSelection,
  type CacheStats,
  DEFAULT_CACHE_BOUNDS,
} from "./cache/cache.ts";
export { createMemoryCache, type MemoryCacheOptions } from "./cache/memory-cache.ts";
export { createSqliteCache, type SqliteCacheOptions } from "./cache/sqlite-cache.ts";
export { type FolderLock, takeFolderLock } from "./folder-lock.ts";
export type { Acquisition, Lease, LeaseRequest, Locks } from "./lock/locks.ts";
export { createSqliteLocks, type SqliteLocksOptions } from "./lock/sqlite-locks.ts";
export type { Log, LogEntry, LogRange, LogRetention, TailOptions } from "./log/log.ts";
export { createSqliteLog, type SqliteLogOptions } from "./log/sqlite-log.ts";
export type { Migration } from "./migrations.ts";
export {
  type JoinedMembership,
  type Membership,
  type OwnFolderOptions,
  ownFolder,
  readOwner,
} from "./own-folder.ts";
export type { OwnerMembership } from "./owner-membership.ts";
export type { OwnerRecord } from "./owner-record.ts";
export { portMigrations } from "./port-migrations.ts";
export { openQuietSqlite, type QuietSqlite } from "./quiet-sqlite.ts";
export { bytesInUse, enforceQuota, type QuotaOptions, type QuotaSqlite } from "./quota.ts";
export { type KnownFile, refuseNewerFiles } from "./refuse-newer-files.ts";
export {
  type SharedCallOptions,
  type SharedFolder,
  type ShareFolderOptions,
  shareFolder,
} from "./share-folder.ts";
export type { FolderBackend } from "./share-owner.ts";
export { fromWireError, toWireError } from "./share-wire.ts";
export { type OpenSqliteOptions, openSqlite, type Sqlite } from "./sqlite.ts";
export { copySqlite, inspectSqlite, isSqliteFile } from "./sqlite-copy.ts";
export type { Row, SqlParams, SqlStatement, SqlValue, WriteResult } from "./sqlite-statement.ts";
export { openTurns, type SqliteTurns } from "./sqlite-turns.ts";
