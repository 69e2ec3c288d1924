export { attempt } from "./attempt.ts";
export { type AuthorizeParts, authorize, scopeOf } from "./authorize.ts";
export { type Breaker, type BreakerParts, type BreakerView, createBreaker } from "./breaker.ts";
export { type BreakerSettings, type BreakerState, DEFAULT_BREAKER } from "./breaker-state.ts";
export {
  type Bulkhead,
  type BulkheadLoad,
  type BulkheadParts,
  type BulkheadSettings,
  createBulkhead,
} from "./bulkhead.ts";
export {
  type Cache,
  type CacheParts,
  type CacheSettings,
  type CacheStats,
  createCache,
  DEFAULT_CACHE,
} from "./cache.ts";
export { createMemoryCache, type MemoryCacheParts } from "./cache-memory.ts";
export type { CacheEntry, CacheKey, CacheScope, CacheStore } from "./cache-store.ts";
export {
  type Call,
  type CallControl,
  compose,
  type LimitFacts,
  type Next,
  newTrail,
  note,
  type Policy,
  type Stage,
  type ToolHints,
  type Trail,
} from "./call.ts";
export type { HistoryRow, Outcome, StartedRow } from "./execution.ts";
export { type FallbackParts, fallback, type StandIn } from "./fallback.ts";
export type { FailedCall } from "./fallback-failure.ts";
export {
  FALLBACK_PRESETS,
  type FallbackPreset,
  type FallbackStep,
  type ToolStep,
} from "./fallback-steps.ts";
export {
  createLastGood,
  DEFAULT_LAST_GOOD,
  type LastGood,
  type LastGoodParts,
} from "./last-good.ts";
export {
  DEFAULT_PRINCIPAL_LIMIT,
  defaultLimits,
  type LimitParts,
  type LimitRule,
  type LimitSettings,
  type LimitState,
  type LimitStore,
  limit,
} from "./limit.ts";
export { createMemoryLimits } from "./limit-memory.ts";
export { type History, type KeptOfResult, type RecordParts, record } from "./record.ts";
export { createRedact, DEFAULT_REDACT, type RedactSettings } from "./redact.ts";
export { DEFAULT_RETRY, type RetryParts, type RetrySettings, retry } from "./retry.ts";
export {
  createRetryBudget,
  DEFAULT_RETRY_BUDGET,
  type RetryBudget,
  type RetryBudgetSettings,
} from "./retry-budget.ts";
export { type TimeoutSettings, timeout } from "./timeout.ts";
