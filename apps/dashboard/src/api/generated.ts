// Generated from the OpenAPI document of the bridge; see README.md. Changes here are lost.

/** JSON that the document does not describe. */
export type Unknown = unknown;

export interface Operations {
  "GET health": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Health;
  };
  "GET servers": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Servers;
  };
  "POST servers": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { name: string; entry: { [name: string]: Unknown } };
    data: ServerChanged;
  };
  "GET ps": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Processes;
  };
  "GET doctor": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Diagnosis;
  };
  "PUT servers/:name": {
    path: { name: string };
    query: Record<never, never>;
    body: { entry: { [name: string]: Unknown } };
    data: ServerChanged;
  };
  "DELETE servers/:name": {
    path: { name: string };
    query: Record<never, never>;
    body: never;
    data: ServerChanged;
  };
  "POST servers/:server/restart": {
    path: { server: string };
    query: Record<never, never>;
    body: { [name: string]: Unknown };
    data: ServerRestarted;
  };
  "GET servers/:server/stderr": {
    path: { server: string };
    query: { lines?: number };
    body: never;
    data: ServerComplaints;
  };
  "GET import": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Hosts;
  };
  "POST import": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { servers: ({ host: "claude-desktop" | "claude-code" | "cursor" | "vscode" | "codex"; name: string; file?: string })[]; connect_hosts?: boolean; dry_run?: boolean };
    data: Import;
  };
  "GET discover": {
    path: Record<never, never>;
    query: { query?: string; server?: string; tool?: string; detail?: "names" | "full" };
    body: never;
    data: Discovered;
  };
  "GET tools": {
    path: Record<never, never>;
    query: { query?: string; server?: string; tool?: string; detail?: "names" | "full" };
    body: never;
    data: { tools: ToolEntry[]; total: number };
  };
  "GET tools/find": {
    path: Record<never, never>;
    query: { query: string; server?: string; limit?: number };
    body: never;
    data: FoundTools;
  };
  "GET tools/:tool": {
    path: { tool: string };
    query: { server?: string };
    body: never;
    data: ToolDetail;
  };
  "GET tools/:tool/policies": {
    path: { tool: string };
    query: { server?: string };
    body: never;
    data: ToolPolicies;
  };
  "POST tool/call": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { tool: string; server?: string; arguments?: { [name: string]: Unknown }; params?: { [name: string]: Unknown }; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean; idempotency_key?: string };
    data: { result: ToolResult };
  };
  "POST tool/batch": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { calls: { id?: string; tool: string; server?: string; arguments?: { [name: string]: Unknown }; params?: { [name: string]: Unknown } }[]; concurrency?: number; stop_on_error?: boolean };
    data: BatchAnswer;
  };
  "GET results/:handle": {
    path: { handle: string };
    query: { offset?: number; length?: number; path?: string; grep?: string; count?: boolean };
    body: never;
    data: ResultPart;
  };
  "POST chain": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { name?: string; steps: ({ id?: string; server?: string; tool?: string; arguments?: { [name: string]: Unknown }; params?: { [name: string]: Unknown }; dependsOn?: string[]; when?: string; onError?: "fail" | "continue" | "skip" })[]; input?: { [name: string]: Unknown }; inputSchema?: { [name: string]: Unknown }; parallel?: boolean; fail_fast?: boolean; timeout?: number; values?: { [name: string]: Unknown }; dry_run?: boolean; mermaid?: boolean };
    data: ChainAnswer;
  };
  "GET chains": {
    path: Record<never, never>;
    query: { name?: string; from?: number | string; to?: number | string; outcome?: "running" | "succeeded" | "failed" | "cancelled" | "timed_out" | "interrupted"; principal?: string; limit?: number; before?: number };
    body: never;
    data: ChainPage;
  };
  "POST chains/promote": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { calls: string[]; name?: string };
    data: PromotedChain;
  };
  "POST chains/test": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { chain: { [name: string]: Unknown }; fixture: { [name: string]: Unknown } };
    data: TestedChain;
  };
  "GET chains/:id": {
    path: { id: string };
    query: Record<never, never>;
    body: never;
    data: ChainRun;
  };
  "GET workflows": {
    path: Record<never, never>;
    query: { templates?: boolean; server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    body: never;
    data: ListWorkflows;
  };
  "POST workflow/execute": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { workflow: string; version?: string; input?: { [name: string]: Unknown }; context?: { [name: string]: Unknown }; wait_seconds?: number; idempotency_key?: string; server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    data: ExecuteWorkflow;
  };
  "GET workflow/executions": {
    path: Record<never, never>;
    query: { workflow?: string; statuses?: string[]; limit?: number; before?: string; server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    body: never;
    data: ListExecutions;
  };
  "GET workflow/executions/:id": {
    path: { id: string };
    query: { wait_seconds?: number; server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    body: never;
    data: GetExecution;
  };
  "POST workflow/executions/:id/cancel": {
    path: { id: string };
    query: Record<never, never>;
    body: { server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    data: CancelExecution;
  };
  "POST swarm/create": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { name?: string; topology?: "mesh" | "ring" | "star" | "hierarchical"; strategy?: "parallel" | "sequential" | "balanced" | "adaptive"; maxAgents?: number; agents?: number; crew?: { [name: string]: Unknown }; autoScale?: { [name: string]: Unknown }; budget?: { [name: string]: Unknown }; leaseSeconds?: number; baseline?: boolean; idempotency_key?: string; server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    data: CreateSwarm;
  };
  "GET swarm/:id": {
    path: { id: string };
    query: { server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    body: never;
    data: GetSwarm;
  };
  "POST database/query": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { type?: "query" | "transaction" | "migration"; sql?: string; params?: Unknown[]; offset?: number; statements?: ({ sql: string; params?: Unknown[] } | string)[]; isolation?: "read committed" | "repeatable read" | "serializable"; count?: number; dryRun?: boolean; maxRows?: number; confirm?: string; projectId?: string; branchId?: string; idempotency_key?: string; server?: string; use_cache?: boolean; cache_ttl?: number; timeout?: number; retries?: number; use_fallback?: boolean };
    data: RunSql | RunTransaction | RunMigrations;
  };
  "GET history": {
    path: Record<never, never>;
    query: { from?: number | string; to?: number | string; server?: string; tool?: string; outcome?: "started" | "success" | "tool_error" | "error" | "outcome_unknown"; principal?: string; limit?: number; before?: number | string };
    body: never;
    data: HistoryPage;
  };
  "GET history/:execution_id": {
    path: { execution_id: string };
    query: Record<never, never>;
    body: never;
    data: Explanation;
  };
  "GET metrics": {
    path: Record<never, never>;
    query: { from?: number | string; to?: number | string; timeframe?: string; server?: string; tool?: string; principal?: string; bucket?: "minute" | "hour" | "day" | "none"; group_by?: "tool" | "server" | "principal" | "none"; metricType?: "all" | "usage" | "performance" | "cache" | "errors" | "cost" };
    body: never;
    data: MetricsAnswer;
  };
  "GET performance": {
    path: Record<never, never>;
    query: { from?: number | string; to?: number | string; timeframe?: string; server?: string; tool?: string; principal?: string };
    body: never;
    data: PerformanceAnswer;
  };
  "GET costs": {
    path: Record<never, never>;
    query: { from?: number | string; to?: number | string; timeframe?: string; server?: string; tool?: string; principal?: string; group_by?: "tool" | "server" | "principal" | "day" | "run" };
    body: never;
    data: Costs;
  };
  "GET advice": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Advice;
  };
  "POST advice/apply": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { keys?: string[] };
    data: AdviceApplied;
  };
  "GET stats": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Statistics;
  };
  "GET alerts": {
    path: Record<never, never>;
    query: { state?: "pending" | "firing" | "resolved" };
    body: never;
    data: Alerts;
  };
  "GET cache": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: CacheStatistics;
  };
  "POST cache/clear": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { server?: string; tool?: string };
    data: CacheCleared;
  };
  "POST cache/toggle": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { enabled: boolean };
    data: CacheSwitched;
  };
  "GET review": {
    path: Record<never, never>;
    query: { state?: "waiting" | "running" | "done" | "failed" | "unknown" | "rejected" | "expired"; limit?: number; before?: string };
    body: never;
    data: ReviewPage;
  };
  "GET review/:id": {
    path: { id: string };
    query: Record<never, never>;
    body: never;
    data: ReviewItem;
  };
  "POST review/:id": {
    path: { id: string };
    query: Record<never, never>;
    body: { decision: "approve" | "reject"; arguments?: { [name: string]: Unknown }; reason?: string; accept_changed?: boolean };
    data: ReviewItem;
  };
  "GET pins": {
    path: Record<never, never>;
    query: { server?: string };
    body: never;
    data: Pins;
  };
  "GET pins/diff": {
    path: Record<never, never>;
    query: { server: string; name?: string };
    body: never;
    data: PinsDiff;
  };
  "POST pins/approve": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { server: string; name?: string; digest?: string };
    data: PinsApproved;
  };
  "GET webhooks": {
    path: Record<never, never>;
    query: { limit?: number };
    body: never;
    data: Webhooks;
  };
  "POST webhooks/:id": {
    path: { id: string };
    query: Record<never, never>;
    body: { [name: string]: Unknown };
    data: WebhookReplayed;
  };
  "GET sign-ins": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: SignIns;
  };
  "POST sign-ins/finish": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { url: string };
    data: SignedIn;
  };
  "POST sign-ins/:server": {
    path: { server: string };
    query: Record<never, never>;
    body: { [name: string]: Unknown };
    data: SignInBegun;
  };
  "DELETE sign-ins/:server": {
    path: { server: string };
    query: Record<never, never>;
    body: never;
    data: SignedOut;
  };
  "GET me": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: { version: string; principal: { id: string; kind: string }; scopes?: string[]; admin: boolean; manages: string[]; session?: { expires_at: string; csrf_token: string }; oauth_login?: { host: string } };
  };
  "POST login": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { [name: string]: Unknown };
    data: { principal: Principal; expires_at: string; csrf_token: string };
  };
  "GET session": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Session;
  };
  "POST logout": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { [name: string]: Unknown };
    data: LoggedOut;
  };
  "GET keys": {
    path: Record<never, never>;
    query: { state?: "valid" | "expired" | "revoked" };
    body: never;
    data: Keys;
  };
  "POST keys": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: { name: string; scopes?: string[]; expires_at?: number | string; limit?: { calls: number; window_ms?: number }; profile?: string };
    data: NewKey;
  };
  "POST keys/:id/rotate": {
    path: { id: string };
    query: Record<never, never>;
    body: { overlap_s?: number };
    data: NewKey;
  };
  "DELETE keys/:id": {
    path: { id: string };
    query: Record<never, never>;
    body: never;
    data: Key;
  };
  "GET security/audit-logs": {
    path: Record<never, never>;
    query: { from?: number | string; to?: number | string; event?: string; operation?: string; principal?: string; server?: string; tool?: string; home?: string; limit?: number; before?: number | string; after?: number };
    body: never;
    data: AuditPage;
  };
  "GET security/audit-logs/verify": {
    path: Record<never, never>;
    query: { head?: string; postgres?: boolean };
    body: never;
    data: AuditVerdict;
  };
  "GET config": {
    path: Record<never, never>;
    query: { key?: string };
    body: never;
    data: Configuration;
  };
  "PUT config/:key": {
    path: { key: string };
    query: Record<never, never>;
    body: { value: ConfigSetSchema0 };
    data: ConfigChanged;
  };
  "DELETE config/:key": {
    path: { key: string };
    query: Record<never, never>;
    body: never;
    data: ConfigChanged;
  };
  "GET prometheus": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: string;
  };
  "GET openapi.json": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: Unknown;
  };
  "GET docs": {
    path: Record<never, never>;
    query: Record<never, never>;
    body: never;
    data: string;
  };
}

export type Failure = { success: false; error: Error; metadata?: { execution_id: string }; timestamp: string };

export type Error = { code: "invalid_input" | "unauthenticated" | "denied" | "not_found" | "method_not_allowed" | "conflict" | "in_progress" | "too_large" | "rate_limited" | "cancelled" | "internal" | "invalid_config" | "unsupported" | "outcome_unknown" | "upstream_error" | "unavailable" | "timeout"; message: string; details: { retryable?: boolean; retry_after_ms?: number } };

export type Advice = { tuning: TuningAdvice[]; usage: UsageAdvice[]; usage_reason?: string; autotune: boolean; autotuned: Autotuned[] };

export type AdviceApplied = { applied: AppliedAdvice[]; file?: string; backup?: string; in_effect?: boolean; warnings?: string[] };

export type Alert = { id: string; rule: string; when: "error" | "timeout" | "rate_limit_exceeded" | "error_rate" | "response_time" | "breaker_open" | "budget" | "pin_change"; server: string; state: "pending" | "firing" | "resolved"; value: number; above: number; since: string; fired_at?: string; resolved_at?: string };

export type AlertEvent = { alert: string; rule: string; when: "error" | "timeout" | "rate_limit_exceeded" | "error_rate" | "response_time" | "breaker_open" | "budget" | "pin_change"; server: string; state: "firing" | "resolved"; value: number; above: number; since: string; summary: string };

export type AlertRule = { name: string; when: "error" | "timeout" | "rate_limit_exceeded" | "error_rate" | "response_time" | "breaker_open" | "budget" | "pin_change"; above?: number; over: number; minimumCalls: number; for: number; resolve: number; server?: string };

export type Alerts = { alerts: Alert[]; rules: AlertRule[] };

export type Amount = { cost: number; unit: string };

export type AppliedAdvice = { key: string; value: Unknown };

export type ApprovedDefinition = { kind: "tool" | "prompt" | "instructions"; name: string; state: "changed" | "new" | "suspect" | "unverified" };

export type AuditEntry = { home?: string; seq: number; time: string; hash: string; entry: { [name: string]: Unknown } };

export type AuditPage = { entries: AuditEntry[]; next?: number | string; problem?: string };

export type AuditVerdict = IntactAudit | BrokenAudit;

export type Autotuned = { kind: "ttl" | "retries" | "timeout" | "concurrency"; server: string; tool?: string; from: number; to: number; at: string };

export type BatchAnswer = { results: BatchResult[]; succeeded: number; failed: number };

export type BatchResult = { id: string; success: boolean; result?: ToolResult; error?: CallFailure; execution_id?: string; duration_ms?: number };

export type BreakerEvent = { server: string; tool: string; state: "closed" | "open" | "half_open"; until?: number };

export type BridgeProcess = { pid: number; rss_bytes?: number; uptime_s: number; parked: number };

export type BridgeStatistics = { process: ProcessStatistics; cache: CacheCounts; catalog: CatalogStatistics; events: EventStatistics; history: HistoryStatistics; review: ReviewCounts; webhooks: WebhookCounts; parked: number };

export type BrokenAudit = { ok: false; seq: number; reason: "changed" | "removed" | "reordered" | "truncated" | "head" | "copy"; explanation: string; copies?: CopiedAudit[] };

export type Budget = { rule: string; server: string; unit: string; above: number; over_s: number; spent: number; exceeded: boolean };

export type CacheCleared = { cleared: number };

export type CacheCounts = { enabled: boolean; hits: number; misses: number; stale: number; shared: number; entries: number; bytes: number };

export type CacheStatistics = { enabled: boolean; hits: number; misses: number; stale: number; shared: number; entries: number; bytes: number; hit_rate: number };

export type CacheSwitched = { enabled: boolean };

export type CallCounts = { running: number; total: number; successes: number; errors: { [name: string]: number }; cache_hits: number; retries: number; fallbacks: number };

export type CallEvent = { executionId: string; server: string; tool: string; principal: string; outcome: "success" | "tool_error" | "error" | "outcome_unknown"; durationMs: number; cached: boolean; errorCode?: string };

export type CallFailure = { code: string; message: string; retryable?: boolean; retry_after_ms?: number };

export type CallMetadata = { server: string; tool: string; name: string; execution_id: string; duration_ms: number; cached: boolean; retry_count: number; fallback_used: boolean; rate_limit?: RateLimit };

export type CatalogStatistics = { tools: number };

export type ChainAnswer = { execution_id?: string; chain_name: string; success?: boolean; outcome?: "succeeded" | "failed" | "cancelled" | "timed_out"; completed_steps?: number; total_steps: number; total_duration_ms?: number; dry_run?: true; mode?: "ordered" | "dag"; ranks?: string[][]; steps: ChainStepAnswer[]; mermaid?: string };

export type ChainInput = { name: string; required: boolean };

export type ChainMetadata = { execution_id?: string; duration_ms: number };

export type ChainPage = { chains: ChainRow[]; next?: number };

export type ChainRow = { execution_id: string; chain_name: string; principal: string; success: boolean; outcome: "running" | "succeeded" | "failed" | "cancelled" | "timed_out" | "interrupted"; started_at: string; total_duration_ms?: number; completed_steps: number; total_steps: number; error?: Fault };

export type ChainRun = { execution_id: string; chain_name: string; principal: string; success: boolean; outcome: "running" | "succeeded" | "failed" | "cancelled" | "timed_out" | "interrupted"; started_at: string; total_duration_ms?: number; completed_steps: number; total_steps: number; error?: Fault; steps: ChainStep[]; definition: { [name: string]: Unknown } };

export type ChainStep = { id: string; server: string; tool: string; success: boolean; error?: Fault; skipped?: true; reason?: string; duration_ms: number; execution_id?: string };

export type ChainStepAnswer = { id: string; server: string; tool: string; success?: boolean; error?: Fault; skipped?: true; reason?: string; duration_ms?: number; execution_id?: string; result?: Unknown; arguments?: Unknown; waits_for?: string[]; when?: string; unresolved?: string[] };

export type ChangedDefinition = { kind: "tool" | "prompt" | "instructions"; name: string; state: "changed" | "new" | "suspect" | "unverified"; withheld: boolean; findings: string[]; diff: string[] };

export type Check = { name: string; message: string; status: "ok" } | { name: string; message: string; status: "warn" | "fail"; next: string };

export type ConfigChanged = { key: string; file: string; backup?: string; in_effect: boolean; warnings: string[]; now?: ConfigKey };

export type ConfigKey = { key: string; value?: Unknown; source: "default" | "file" | "environment" | "command line"; where?: string; pending?: Unknown; meaning: string };

export type ConfigProblem = { server: string; level: "warning" | "error"; message: string; key?: string; line?: number };

export type Configuration = { file?: string; keys: ConfigKey[] };

export type ConnectedHost = { host: "claude-desktop" | "claude-code" | "cursor" | "vscode" | "codex"; file: string; restart: string };

export type CopiedAudit = { home: string; name: string; ok: boolean; entries?: number; head?: string; behind?: number; seq?: number; reason?: "changed" | "removed" | "doubled" | "differs"; explanation?: string };

export type CostRow = { server?: string; tool?: string; principal?: string; day?: string; calls: number; cost: number; unit: string };

export type CostRows = (CostRow | RunCost)[];

export type CostTotal = { calls: number; cost: number; unit: string };

export type Costs = { group_by: "tool" | "server" | "principal" | "day" | "run"; from: string; costs: CostRows; totals: CostTotal[]; budgets?: Budget[]; problem?: string };

export type DefinitionName = { kind: "tool" | "prompt" | "instructions"; name: string };

export type Delivery = { id: string; webhook: string; topic: string; payload: { [name: string]: Unknown }; attempts: number; time: string; next_at?: string; given_up_at?: string; error?: string };

export type Diagnosis = { status: "ok" | "warn" | "fail"; checks: Check[] };

export type Discovered = { servers: DiscoveredServer[]; tools: ToolEntry[]; total: number };

export type DiscoveredServer = { id: string; kind: "embedded" | "stdio" | "http"; state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed"; tools_count: number; aliases?: string[] };

export type DiskUse = { part: string; bytes: number; quota_bytes: number; at_quota: "drops" | "refuses" | "told" };

export type EventStatistics = { last_seq: number; watched: boolean };

export type ExplainedCall = { execution_id: string; number?: number; parent_execution_id?: string; server: string; tool: string; principal: string; replica?: string; outcome: "started" | "success" | "tool_error" | "error" | "outcome_unknown"; started_at: string; duration_ms?: number; attempts: number; retry_count: number; cached: boolean; fallback_used: boolean; read_only: boolean; arguments?: { [name: string]: Unknown }; client?: string; era?: "legacy" | "modern"; cost?: number; request_bytes?: number; result_bytes?: number; error?: Fault; stages: Stage[]; chain?: ChainRun; children: HistoryRow[] };

export type ExplainedChain = { execution_id: string; chain: ChainRun; children: HistoryRow[] };

export type Explanation = ExplainedCall | ExplainedChain;

export type FailedCall = { result: ToolResult };

export type FallbackEvent = { level: "log" | "alert"; message: string; executionId: string; server: string; tool: string; principal: string; errorCode: string; errorMessage: string; outcomeUnknown: boolean };

export type Fault = { code: string; message: string };

export type FeedCall = { type: "call"; id: string; object: string | { class: string; id: string }; method: string; arguments?: { [name: string]: Unknown }; key?: string; expectedSeq?: number; server?: string; csrf_token?: string };

export type FeedCallFailed = { type: "error"; id: string; error: { code: string; message: string; details?: { [name: string]: Unknown } } };

export type FeedEvent = { type: "event"; seq: number; time: number; topic: string; payload: { [name: string]: Unknown }; source?: string; replica?: string };

export type FeedFrame = FeedSubscribed | FeedEvent | FeedGap | FeedRefusal | FeedResult | FeedCallFailed;

export type FeedGap = { type: "gap"; from: number; to: number };

export type FeedRefusal = { type: "error"; code: string; message: string };

export type FeedResult = { type: "result"; id: string; seq: number; result: Unknown; changed: boolean; repeated: boolean };

export type FeedSubscribe = { type: "subscribe"; topics: string[]; since?: number; where?: { [name: string]: Unknown } };

export type FeedSubscribed = { type: "subscribed"; seq: number };

export type FileDifference = { file: string; lines: string[] };

export type Forecast = ShownForecast | HiddenForecast;

export type FoundTool = { name: string; server: string; tool: string; title?: string; description: string; read_only: boolean; destructive: boolean; idempotent: boolean; cacheable: boolean; breaker: "closed" | "open" | "half_open"; listed: boolean; arguments: string[]; score: number };

export type FoundTools = { total: number; tools: FoundTool[] };

export type Health = { status: "ok" | "degraded"; version: string; uptime_s: number; reasons?: string[]; servers?: ServerHealth[]; parked?: number; history?: HistoryHealth; shared?: SharedHealth; disk?: DiskUse[]; postgres?: PostgresHealth };

export type HiddenForecast = { outcomes: number; hidden: string };

export type HistoryHealth = { dropped: number };

export type HistoryPage = { executions: HistoryRow[]; next?: number | string; problem?: string };

export type HistoryRow = { execution_id: string; number?: number; parent_execution_id?: string; server: string; tool: string; principal: string; replica?: string; outcome: "started" | "success" | "tool_error" | "error" | "outcome_unknown"; started_at: string; duration_ms?: number; attempts: number; retry_count: number; cached: boolean; fallback_used: boolean; read_only: boolean; arguments?: { [name: string]: Unknown }; client?: string; era?: "legacy" | "modern"; cost?: number; request_bytes?: number; result_bytes?: number; error?: Fault };

export type HistoryStatistics = { dropped: number };

export type HostServer = { name: string; file: string; scope: "user" | "project"; state: "new" | "known" | "left" | "own"; id?: string; notes: string[]; command?: string; args?: string[]; url?: string; given: string[] };

export type HostServers = { host: "claude-desktop" | "claude-code" | "cursor" | "vscode" | "codex"; title: string; files: string[]; looked: string[]; servers: HostServer[]; problems: string[] };

export type Hosts = { file: string; hosts: HostServers[] };

export type Import = { dry_run: boolean; file: string; backup?: string; in_effect?: boolean; warnings: string[]; servers: Imported[]; changes: FileDifference[]; plain_secrets: PlainSecret[]; written: WrittenFile[]; connected: ConnectedHost[] };

export type Imported = { host: "claude-desktop" | "claude-code" | "cursor" | "vscode" | "codex"; file: string; name: string; outcome: "added" | "known" | "left" | "own"; id?: string; notes: string[] };

export type InferredChoice = { step: string; argument: string; value: Unknown; taken: string; others: string[] };

export type InferredReference = { step: string; argument: string; reference: string };

export type IntactAudit = { ok: true; entries: number; head: string; torn_bytes: number; copies?: CopiedAudit[] };

export type Key = { id: string; name: string; state: "valid" | "expired" | "revoked"; principal: string; scopes?: string[]; limit?: KeyLimit; profile?: string; created_at: string; expires_at?: string; rotated_at?: string; overlap_until?: string; revoked_at?: string };

export type KeyLimit = { calls: number; window_ms: number };

export type Keys = { keys: Key[] };

export type LeftOutCall = { execution_id: string; call: string; why: string };

export type LoggedOut = { logged_out: true };

export type Metadata = { duration_ms: number };

export type MetricRow = { start?: string; server?: string; tool?: string; principal?: string; calls: number; successes?: number; success_rate?: number; avg_ms?: number; min_ms?: number; max_ms?: number; p50_ms?: number; p95_ms?: number; p99_ms?: number; cache_hits?: number; hit_rate?: number; retries?: number; retry_rate?: number; fallbacks?: number; fallback_rate?: number; errors?: { [name: string]: number }; outcome_unknown?: number; cost?: number; last_execution?: string };

export type MetricsAnswer = { metrics: MetricRow[]; totals?: MetricRow; problem?: string };

export type NewKey = { key: string; id: string; name: string; state: "valid" | "expired" | "revoked"; principal: string; scopes?: string[]; limit?: KeyLimit; profile?: string; created_at: string; expires_at?: string; rotated_at?: string; overlap_until?: string; revoked_at?: string };

export type PerformanceAnswer = { tools: ToolPerformance[]; load: ServerLoad[]; problem?: string };

export type PinEvent = { server: string; mode: "off" | "warn" | "block" | "quarantine"; total: number; definitions: { [name: string]: Unknown }[] };

export type Pins = { lock_file: string; problem?: string; servers: ServerPins[] };

export type PinsApproved = { server: string; approved: ApprovedDefinition[]; forgotten: DefinitionName[] };

export type PinsDiff = { server: string; digest: string; definitions: ChangedDefinition[]; gone: DefinitionName[] };

export type PlainSecret = { server: string; key: string; variable: string };

export type PostgresHealth = { state: "starting" | "up" | "down"; home: string; lag_rows: number; lag_ms: number; audit_behind: number; lost: number; problem?: string };

export type Principal = { id: string; kind: "local" | "key" | "subject" | "admin" | "anonymous" };

export type ProcessStatistics = { rss_bytes: number; heap_bytes: number; external_bytes: number; cpu_s: number };

export type Processes = { bridge: BridgeProcess; processes: ServerProcess[] };

export type PromotedChain = { chain: { [name: string]: Unknown }; fixture: { [name: string]: Unknown }; inputs: ChainInput[]; references: InferredReference[]; choices: InferredChoice[]; left_out: LeftOutCall[]; notes: string[]; test: PromotedTest };

export type PromotedTest = { passed: boolean; steps: number };

export type RateLimit = { limit: number; remaining: number; reset: number };

export type ReplicaStatistics = { replica: string; uptime_s: number; calls: CallCounts; servers: ServerStatistics[]; forecasts?: ToolForecast[]; bridge?: BridgeStatistics };

export type ResultPart = { text?: string; offset?: number; total: number; lines: number; items?: number; next?: number };

export type ReviewCounts = { [name: string]: number };

export type ReviewItem = { id: string; state: "waiting" | "running" | "done" | "failed" | "unknown" | "rejected" | "expired"; server: string; tool: string; arguments?: { [name: string]: Unknown }; edited_arguments?: { [name: string]: Unknown }; read_only: boolean; message: string; error: Fault; outcome_unknown: boolean; execution_id: string; principal: string; attempts: number; created_at: string; expires_at: string; decided_by?: string; decided_at?: string; reason?: string; finished_at?: string; run_error?: Fault; result?: ToolResult };

export type ReviewPage = { items: ReviewItem[]; next?: string };

export type ReviewResolvedEvent = { reviewId: string; state: "waiting" | "running" | "done" | "failed" | "unknown" | "rejected" | "expired"; executionId: string; server: string; tool: string; principal: string; decidedBy?: string };

export type ReviewWaitingEvent = { reviewId: string; message: string; executionId: string; server: string; tool: string; principal: string; errorCode: string; errorMessage: string; outcomeUnknown: boolean };

export type RunCost = { run: string; kind: "chain" | "workflow"; name?: string; principal: string; started_at: string; calls: number; amounts: Amount[] };

export type ServerChanged = { name: string; id: string; file: string; backup?: string; in_effect: boolean; warnings: string[] };

export type ServerComplaints = { server: string; state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed"; last_error?: string; lines: string[] };

export type ServerEvent = { server: string; restarts: number; error?: string };

export type ServerHealth = { id: string; kind: "embedded" | "stdio" | "http"; state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed"; degraded: boolean; running: number; waiting: number; open_breakers: string[]; asking: number; error?: string };

export type ServerListEvent = { server: string };

export type ServerLoad = { server: string; running: number; waiting: number; asking: number };

export type ServerPins = { server: string; mode: "off" | "warn" | "block" | "quarantine"; pinned: number; waiting: WaitingDefinition[]; gone: DefinitionName[] };

export type ServerProcess = { server: string; state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed"; pid?: number; restarts: number; since: string; rss_bytes?: number };

export type ServerRestarted = { server: string; restarted: true };

export type ServerState = { id: string; kind: "embedded" | "stdio" | "http"; state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed"; aliases: string[]; tools: number; prompts: number; resources: number; settled: boolean; degraded: boolean; lists_from: "nowhere" | "earlier run" | "server"; problem?: string; era?: "legacy" | "modern"; pid?: number; restarts: number; last_error?: string; since: string; stderr?: string[] };

export type ServerStatistics = { id: string; kind: "embedded" | "stdio" | "http"; state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed"; restarts: number; running: number; waiting: number; open_breakers: string[]; rss_bytes?: number };

export type Servers = { servers: ServerState[]; problems: ConfigProblem[] };

export type Session = { principal: Principal; expires_at: string; csrf_token: string };

export type SharedHealth = { replica: string; replicas: number; redis: "up" | "down" };

export type ShownForecast = { failure_probability: number; base_rate: number; skill: number; outcomes: number; because: string };

export type SignInBegun = { server: string; url?: string; signed_in: boolean };

export type SignInState = { server: string; signed_in: boolean; pending: boolean; expires_at?: string };

export type SignIns = { servers: SignInState[] };

export type SignedIn = { server: string; signed_in: true };

export type SignedOut = { server: string; signed_in: false };

export type Stage = { policy: string; decision: string; ms: number; at?: number };

export type Statistics = { uptime_s: number; calls: CallCounts; servers: ServerStatistics[]; forecasts?: ToolForecast[]; bridge?: BridgeStatistics; replicas?: ReplicaStatistics[]; problem?: string };

export type TestedChain = { passed: boolean; steps: TestedStep[] };

export type TestedStep = { step: string; server: string; tool: string; same: boolean; error?: string; arguments?: { [name: string]: Unknown }; recorded?: { [name: string]: Unknown } };

export type ToolDetail = { name: string; server: string; tool: string; title?: string; description: string; read_only: boolean; destructive: boolean; idempotent: boolean; cacheable: boolean; breaker: "closed" | "open" | "half_open"; listed: boolean; open_world: boolean; definition_hash: string; input_schema: { [name: string]: Unknown }; output_schema?: { [name: string]: Unknown } };

export type ToolEntry = { name: string; server: string; tool: string; title?: string; description: string; read_only: boolean; destructive: boolean; idempotent: boolean; cacheable: boolean; breaker: "closed" | "open" | "half_open"; listed: boolean; open_world?: boolean; definition_hash?: string; input_schema?: { [name: string]: Unknown }; output_schema?: { [name: string]: Unknown } };

export type ToolForecast = { name: string; failure_probability: number; base_rate: number; skill: number; outcomes: number; because: string };

export type ToolPerformance = { start?: string; server?: string; tool?: string; principal?: string; calls: number; successes: number; success_rate: number; avg_ms: number; min_ms: number; max_ms: number; p50_ms: number; p95_ms: number; p99_ms: number; cache_hits: number; hit_rate: number; retries: number; retry_rate: number; fallbacks: number; fallback_rate: number; errors: { [name: string]: number }; outcome_unknown: number; cost: number; last_execution?: string; breaker: "closed" | "open" | "half_open"; forecast?: Forecast };

export type ToolPolicies = { server: string; tool: string; policies: ToolPolicy[] };

export type ToolPolicy = { policy: string; active: boolean; settings: { [name: string]: Unknown } };

export type ToolResult = { content?: { type: string }[]; structuredContent?: Unknown; isError?: boolean };

export type TuningAdvice = { key: string; kind: "ttl" | "retries" | "timeout" | "concurrency"; server: string; tool?: string; from?: number; to: number; evidence: string; figures: { [name: string]: number }; patch: { [name: string]: Unknown } };

export type TuningEvent = { kind: "ttl" | "retries" | "timeout" | "concurrency"; server: string; tool?: string; from: number; to: number; at: string };

export type UnusedTool = { name: string; tokens: number };

export type UsageAdvice = { key: string; server: string; tokens: number; evidence: string; tools: UnusedTool[]; patch: { [name: string]: Unknown } };

export type WaitingDefinition = { kind: "tool" | "prompt" | "instructions"; name: string; state: "changed" | "new" | "suspect" | "unverified"; withheld: boolean; findings: string[] };

export type Webhook = { id: string; form: "generic" | "slack" | "discord" | "github" | "github-issue" | "datadog"; topics: string[]; waiting: number; dead: number; host?: string };

export type WebhookCounts = { waiting: number; dead: number };

export type WebhookReplayed = { id: string; state: "waiting" };

export type Webhooks = { webhooks: Webhook[]; waiting: Delivery[]; dead_letters: Delivery[] };

export type WrittenFile = { file: string; backup?: string };

export type CancelExecution = { executionId: string; workflow: string; version: string; status: "running" | "waiting" | "paused" | "succeeded" | "failed" | "cancelled" | "timed_out"; startedAt: string; endedAt?: string; completedSteps: string[]; failedSteps: string[]; errors: { code: string; message: string; step: string }[]; results: { [name: string]: CancelExecutionSchema0 }; steps: { id: string; status: string; attempts?: number; durationMs?: number; startedAt?: string; reason?: string }[]; waitingFor: ({ step: string; for: "approval" | "signal" | "time"; message?: string; signal?: string; until?: string })[]; undone?: { step: string; error?: string }[]; output?: CancelExecutionSchema1 };

export type CancelExecutionSchema0 = string | number | boolean | null | CancelExecutionSchema0[] | { [name: string]: CancelExecutionSchema0 };

export type CancelExecutionSchema1 = string | number | boolean | null | CancelExecutionSchema1[] | { [name: string]: CancelExecutionSchema1 };

export type ConfigSetSchema0 = string | number | boolean | null | ConfigSetSchema0[] | { [name: string]: ConfigSetSchema0 };

export type CreateSwarm = { swarm: string; name: string; topology: "hierarchical" | "mesh" | "ring" | "star"; strategy: "parallel" | "sequential" | "adaptive" | "balanced"; status: "active" | "exhausted"; agents: number; counts: { [name: string]: number }; createdAt: string; maxAgents: number; leaseMs: number; autoScale?: { min: number; max: number; tasksPerAgent: number; cooldownMs: number }; crew?: { kind: "process" | "model"; profile: string }; wanted: number; members: ({ id: string; name: string; kind: "external" | "process" | "model"; role: string; capabilities: string[]; parent?: string; weight: number; status: "active" | "gone" | "left"; begun: number; done: number; failed: number; spent: { calls: number; tokens: number; money: number; ms: number }; tasks: string[]; joinedAt: string })[]; budget: { calls?: number; tokens?: number; money?: number; wallMs?: number }; left: { calls?: number; tokens?: number; money?: number; wallMs?: number }; cost: { calls: number; tokens: number; money: number; ms: number; wallMs: number }; reservations: ({ agent: string; name: string; path: string; wanted: string; mode: "shared" | "exclusive"; reason: string; task?: string; until: string })[]; leases: { task: string; agent: string; ttlMs: number; until: string }[]; baseline?: string; baselineOf?: string; joinKey: string };

export type ExecuteWorkflow = { executionId: string; workflow: string; version: string; status: "running" | "waiting" | "paused" | "succeeded" | "failed" | "cancelled" | "timed_out"; startedAt: string; endedAt?: string; completedSteps: string[]; failedSteps: string[]; errors: { code: string; message: string; step: string }[]; results: { [name: string]: ExecuteWorkflowSchema0 }; steps: { id: string; status: string; attempts?: number; durationMs?: number; startedAt?: string; reason?: string }[]; waitingFor: ({ step: string; for: "approval" | "signal" | "time"; message?: string; signal?: string; until?: string })[]; undone?: { step: string; error?: string }[]; output?: ExecuteWorkflowSchema1 };

export type ExecuteWorkflowSchema0 = string | number | boolean | null | ExecuteWorkflowSchema0[] | { [name: string]: ExecuteWorkflowSchema0 };

export type ExecuteWorkflowSchema1 = string | number | boolean | null | ExecuteWorkflowSchema1[] | { [name: string]: ExecuteWorkflowSchema1 };

export type GetExecution = { executionId: string; workflow: string; version: string; status: "running" | "waiting" | "paused" | "succeeded" | "failed" | "cancelled" | "timed_out"; startedAt: string; endedAt?: string; completedSteps: string[]; failedSteps: string[]; errors: { code: string; message: string; step: string }[]; results: { [name: string]: GetExecutionSchema0 }; steps: { id: string; status: string; attempts?: number; durationMs?: number; startedAt?: string; reason?: string }[]; waitingFor: ({ step: string; for: "approval" | "signal" | "time"; message?: string; signal?: string; until?: string })[]; undone?: { step: string; error?: string }[]; output?: GetExecutionSchema1 };

export type GetExecutionSchema0 = string | number | boolean | null | GetExecutionSchema0[] | { [name: string]: GetExecutionSchema0 };

export type GetExecutionSchema1 = string | number | boolean | null | GetExecutionSchema1[] | { [name: string]: GetExecutionSchema1 };

export type GetSwarm = { swarm: string; name: string; topology: "hierarchical" | "mesh" | "ring" | "star"; strategy: "parallel" | "sequential" | "adaptive" | "balanced"; status: "active" | "exhausted"; agents: number; counts: { [name: string]: number }; createdAt: string; maxAgents: number; leaseMs: number; autoScale?: { min: number; max: number; tasksPerAgent: number; cooldownMs: number }; crew?: { kind: "process" | "model"; profile: string }; wanted: number; members: ({ id: string; name: string; kind: "external" | "process" | "model"; role: string; capabilities: string[]; parent?: string; weight: number; status: "active" | "gone" | "left"; begun: number; done: number; failed: number; spent: { calls: number; tokens: number; money: number; ms: number }; tasks: string[]; joinedAt: string })[]; budget: { calls?: number; tokens?: number; money?: number; wallMs?: number }; left: { calls?: number; tokens?: number; money?: number; wallMs?: number }; cost: { calls: number; tokens: number; money: number; ms: number; wallMs: number }; reservations: ({ agent: string; name: string; path: string; wanted: string; mode: "shared" | "exclusive"; reason: string; task?: string; until: string })[]; leases: { task: string; agent: string; ttlMs: number; until: string }[]; baseline?: string; baselineOf?: string };

export type ListExecutions = { executions: ({ executionId: string; workflow: string; version: string; status: "running" | "waiting" | "paused" | "succeeded" | "failed" | "cancelled" | "timed_out"; startedAt: string; updatedAt: string; parent?: string })[] };

export type ListWorkflows = { workflows: { id: string; version: string; name?: string; description?: string; steps: number; registeredAt: string }[]; templates?: { id: string; description: string; bindings: { [name: string]: { server: string; about: string; tools: string[] } }; input: { [name: string]: ListWorkflowsSchema0 } }[] };

export type ListWorkflowsSchema0 = string | number | boolean | null | ListWorkflowsSchema0[] | { [name: string]: ListWorkflowsSchema0 };

export type RunMigrations = { dryRun: boolean; migrations: { name: string; sql: string; destructive: boolean }[]; ms?: number };

export type RunSql = { columns: { name: string; type: string }[]; rows: { [name: string]: Unknown }[]; rowCount: number; truncated: boolean; nextOffset?: number; cutValues: number; command: string; affectedRows: number | null; format?: "json" | "csv" | "markdown" };

export type RunTransaction = { committed: boolean; results: ({ command: string; affectedRows: number | null; columns: { name: string; type: string }[]; rows: { [name: string]: Unknown }[]; rowCount: number; truncated: boolean; nextOffset?: number; cutValues: number })[] };
