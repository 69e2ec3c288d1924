import type {
  BreakerSettings,
  BulkheadSettings,
  CacheSettings,
  Call,
  FallbackStep,
  LimitSettings,
  RetrySettings,
  TimeoutSettings,
} from "@trestle/policy";
import { FALLBACK_PRESETS } from "@trestle/policy";
import { matchesGlob, type Principal } from "@trestle/protocol";
import { isBySession, isolationOf } from "../isolation/isolation-of.ts";
import { OWN_SERVER } from "../tools/names.ts";
import type { Config } from "./load.ts";
import { mostTelling } from "./patterns.ts";
import type { BridgePolicy, ServerPolicy, ToolPolicy } from "./policy-schema.ts";
import type { ServerConfig } from "./servers.ts";

/** What every policy is to do with the calls of one tool. */
export interface ToolSettings {
  readonly timeout: TimeoutSettings;
  readonly retry: RetrySettings;
  /** Absent: not cached, unless its caller asks. */
  readonly cache?: CacheSettings;
  readonly breaker?: BreakerSettings;
  readonly bulkhead?: BulkheadSettings;
  readonly serverLimit?: LimitSettings["server"];
  readonly toolLimit?: LimitSettings["tool"];
  readonly fallback: readonly FallbackStep[];
  /** Each session has answers of its own: what the server keeps for it may be in them. */
  readonly bySession?: true;
  /** Estimated, of one attempt. */
  readonly cost?: number;
}

/** What the catalog knows of a tool. */
export interface ToolFacts {
  readonly server: string;
  readonly name: string;
  readonly hints: { readonly readOnly: boolean };
  /** The server's own word that results may be cached for so long. */
  readonly cacheTtlMs?: number;
}

export interface PolicySettings {
  readonly policy: BridgePolicy;
  /** For what is cached by its caller's word alone. */
  readonly cacheDefaults: CacheSettings;
  /** The same object for every call of a tool while nothing changes. */
  of(tool: ToolFacts): ToolSettings;
  limits(call: Call, settings: ToolSettings): LimitSettings;
}

/** Resolves the `policy` keys: tool over server over bridge. */
export function createPolicySettings({ policy, servers }: Config): PolicySettings {
  const byServer = new Map(servers.map((server) => [server.id, server]));
  const known = new WeakMap<ToolFacts, ToolSettings>();
  return {
    policy,
    cacheDefaults: cacheDefaultsOf(policy),
    of(tool) {
      let settings = known.get(tool);
      if (settings === undefined) {
        settings = resolve(policy, byServer.get(tool.server), tool);
        known.set(tool, settings);
      }
      return settings;
    },
    limits({ context: { principal } }, { serverLimit, toolLimit }) {
      const { local, principal: others } = policy.limit;
      const own = principal.limit ?? (isOfThisMachine(principal) ? local : others || undefined);
      return {
        ...(own === undefined ? {} : { principal: own }),
        ...(serverLimit === undefined ? {} : { server: serverLimit }),
        ...(toolLimit === undefined ? {} : { tool: toolLimit }),
      };
    },
  };
}

/** Whoever holds the admin credential could lift any limit. */
function isOfThisMachine({ kind }: Principal): boolean {
  return kind === "local" || kind === "admin";
}

function resolve(
  bridge: BridgePolicy,
  server: ServerConfig | undefined,
  tool: ToolFacts,
): ToolSettings {
  if (tool.server === OWN_SERVER) return carrierOf(bridge);
  const ofServer: ServerPolicy = server?.entry.policy ?? {};
  const ofTool: ToolPolicy = mostTelling(ofServer.tools ?? {}, tool.name) ?? {};
  const { deadlineMs: _all, ...timeout } = bridge.timeout;
  const cache = cacheOf(bridge, ofServer, ofTool, tool);
  const breaker = breakerOf(bridge, ofServer, ofTool);
  const bulkhead = bulkheadOf(bridge, server);
  const cost = costOf(server, tool.name);
  return {
    timeout: { ...timeout, ...given(ofServer.timeout), ...given(ofTool.timeout) },
    retry: {
      // Ours do a thing once per idempotency key.
      idempotent: server?.kind === "embedded",
      ...bridge.retry,
      ...given(ofServer.retry),
      ...given(ofTool.retry),
    },
    ...(cache && { cache }),
    ...(breaker && { breaker }),
    ...(bulkhead && { bulkhead }),
    ...(ofServer.limit && { serverLimit: ofServer.limit }),
    ...(ofTool.limit && { toolLimit: ofTool.limit }),
    fallback: ofTool.fallback ?? ofServer.fallback ?? presetSteps(bridge, tool.name),
    ...(isBySession(server) && { bySession: true as const }),
    ...(cost !== undefined && { cost }),
  };
}

/** The bridge's own tools carry other calls, each under policies of its own: here they only have their time. */
function carrierOf({ timeout: { deadlineMs }, retry }: BridgePolicy): ToolSettings {
  return {
    timeout: { attemptMs: deadlineMs, maxMs: deadlineMs },
    retry: { ...retry, retries: 0, idempotent: false },
    fallback: [],
  };
}

function costOf(server: ServerConfig | undefined, tool: string): number | undefined {
  const { tools = {}, perCall } = server?.entry.cost ?? {};
  return mostTelling(tools, tool) ?? perCall;
}

/** Read-only is necessary, never sufficient: the server, the operator or `enabled: "all"` must say so. */
function cacheOf(
  policy: BridgePolicy,
  { cache: ofServer }: ServerPolicy,
  { cache: ofTool }: ToolPolicy,
  { hints, cacheTtlMs }: ToolFacts,
): CacheSettings | undefined {
  const { enabled } = policy.cache;
  if (enabled === false || !hints.readOnly || ofTool === false) return undefined;
  const isListed = ofTool !== undefined;
  if (!isListed && ofServer === false) return undefined;
  if (!isListed && cacheTtlMs === undefined && enabled !== "all") return undefined;
  const own = typeof ofTool === "object" ? given(ofTool) : {};
  return { ...cacheDefaultsOf(policy), ...given({ ttlMs: cacheTtlMs }), ...own };
}

function cacheDefaultsOf({ cache }: BridgePolicy): CacheSettings {
  const { ttlMs, staleWhileRevalidateMs, staleOnErrorMs } = cache;
  return { ttlMs, ...given({ staleWhileRevalidateMs, staleOnErrorMs }) };
}

function breakerOf(
  { breaker: bridge }: BridgePolicy,
  { breaker: ofServer }: ServerPolicy,
  { breaker: ofTool }: ToolPolicy,
): BreakerSettings | undefined {
  if ((ofTool ?? ofServer) === false) return undefined;
  return { ...bridge, ...given(ofServer || {}), ...given(ofTool || {}) };
}

/** A mounted server runs in our own process and is called by others in turn: a cap could only block it. */
function bulkheadOf(
  { bulkhead }: BridgePolicy,
  server: ServerConfig | undefined,
): BulkheadSettings | undefined {
  if (server === undefined || server.kind === "embedded") return undefined;
  const { concurrency = bulkhead.concurrency, queue } = server.entry;
  const { isolation, maxInstances } = isolationOf(server) ?? {};
  // A call that has its turn finds a place in the pool, so that none waits for one after it counts as sent.
  const keepsPlace = isolation === "pooled";
  const most = keepsPlace ? Math.min(concurrency, maxInstances ?? 1) : concurrency;
  return { ...bulkhead, concurrency: most, ...given({ queue }), ...(keepsPlace && { keepsPlace }) };
}

function presetSteps({ fallback }: BridgePolicy, tool: string): readonly FallbackStep[] {
  const presets = fallback.presets.map((name) => FALLBACK_PRESETS[name]);
  const preset = presets.find(({ tools }) => tools.some((pattern) => matchesGlob(pattern, tool)));
  return preset?.steps ?? [];
}

type Given<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };

/** Without the keys that were left out. */
function given<Fields extends object>(fields: Fields | undefined): Given<Partial<Fields>> {
  const entries = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<Partial<Fields>>;
}
