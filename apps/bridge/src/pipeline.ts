import {
  type AuthorizeParts,
  attempt,
  authorize,
  type Breaker,
  type BreakerParts,
  type Bulkhead,
  type Cache,
  type CacheStore,
  type Call,
  compose,
  createBreaker,
  createBulkhead,
  createCache,
  createLastGood,
  createMemoryCache,
  createMemoryLimits,
  createRetryBudget,
  DEFAULT_LAST_GOOD,
  type FallbackParts,
  fallback,
  type History,
  type LimitStore,
  limit,
  type Next,
  type Policy,
  type RecordParts,
  type RetrySettings,
  record,
  retry,
  timeout,
} from "@trestle/policy";
import type { Clock, Logger } from "@trestle/protocol";
import type { PolicySettings, ToolSettings } from "./config/policy.ts";

/** THE ORDER of the policies, outermost first. */
export const POLICY_ORDER = [
  "record",
  "authorize",
  "limit",
  "cache",
  "fallback",
  "retry",
  "breaker",
  "bulkhead",
  "timeout",
] as const;

export interface PipelineParts {
  /** As configured now. */
  readonly settings: () => PolicySettings;
  readonly history: History;
  readonly metrics: NonNullable<RecordParts["metrics"]>;
  readonly redact: RecordParts["redact"];
  /** What is kept of results. */
  readonly keepOf?: RecordParts["keepOf"];
  /** Tells of each execution. */
  readonly publish: NonNullable<RecordParts["publish"]>;
  /** Monotonic milliseconds with fractions. */
  readonly fineNow: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly allows: AuthorizeParts["allows"];
  readonly onBreaker: NonNullable<BreakerParts["onChange"]>;
  readonly reenter: FallbackParts["reenter"];
  /** Where calls are counted with other bridges; this process counts for itself without it. */
  readonly limits?: LimitStore | undefined;
  /** Where answers are kept with other bridges; this process keeps its own without it. */
  readonly cacheStore?: CacheStore | undefined;
  readonly review: FallbackParts["review"];
  readonly notify: FallbackParts["notify"];
  /** Puts kept results in the place of their handles. */
  readonly resolve: Policy;
  /** Hands the call to its upstream. */
  readonly send: Next;
}

/** A call on its way through this bridge: it carries what is configured for its tool. */
export interface BridgeCall extends Call {
  readonly settings: ToolSettings;
}

export interface Pipeline {
  readonly run: (call: BridgeCall) => ReturnType<Next>;
  readonly cache: Cache;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
  /** A server that was lost is back: perhaps not as it was. */
  reconnected(server: string): void;
  /** Another server stands behind this id: nothing that was learnt of the one before holds. */
  forget(server: string): void;
}

/** What every tool call passes, whatever way it came in. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { settings, clock, random, allows, onBreaker, send } = parts;
  const { policy } = settings();
  const cache = createCache({
    settingsFor: (call) => of(call).cache,
    defaults: settings().cacheDefaults,
    store: parts.cacheStore ?? createMemoryCache({ clock, maxBytes: policy.cache.maxBytes }),
    clock,
  });
  cache.setEnabled(policy.cache.enabled !== false);
  const breaker = createBreaker({
    settingsFor: (call) => of(call).breaker,
    clock,
    onChange: onBreaker,
  });
  const bulkhead = createBulkhead({ settingsFor: (call) => of(call).bulkhead, clock });
  const lastGood = createLastGood({ ...DEFAULT_LAST_GOOD, clock });

  const policies = {
    // Outermost, so that it sees the final outcome, and a write has its row before anything is sent.
    record: record({ ...parts, costFor: (call) => of(call).cost }),
    authorize: authorize({ allows }),
    limit: limit({
      settingsFor: (call) => settings().limits(call, of(call)),
      store: parts.limits ?? createMemoryLimits(clock),
      clock,
    }),
    cache: cache.policy,
    // Inside the cache, which never keeps a stand-in; outside retry, which has given up by then.
    fallback: fallback({
      settingsFor: (call) => (call.control?.useFallback === false ? [] : of(call).fallback),
      reenter: parts.reenter,
      lastGood,
      review: parts.review,
      notify: parts.notify,
      redact: parts.redact,
    }),
    retry: retry({ settingsFor: retriesOf, clock, random, budget: createRetryBudget(clock) }),
    // Each attempt asks the breaker anew, so that retries stop when it opens.
    breaker: breaker.policy,
    bulkhead: bulkhead.policy,
    // Innermost, so that it bounds one attempt, whoever decides to make another.
    timeout: timeout((call) => of(call).timeout, clock),
  };
  // `resolve` and `attempt` decide nothing. What handles stand for is for callers that are let through, and
  // is what the cache must tell apart; `attempt` notes how long each request to the upstream took.
  const chain = POLICY_ORDER.flatMap((name) =>
    name === "cache" ? [parts.resolve, policies[name]] : [policies[name]],
  );
  const run = compose([...chain, attempt], send);
  return {
    ...{ run, cache, breaker, bulkhead },
    reconnected(server) {
      // What it kept in memory is gone, and so must be what it answered from that.
      void cache.clear({ server });
      // What opened a breaker may be over: one call finds out.
      breaker.retest(server);
    },
    forget(server) {
      // Answers on their way are marked at once, so that none of them is kept.
      void cache.clear({ server });
      lastGood.forget(server);
      breaker.reset({ server });
    },
  };
}

/** Policies hand on the call they got, or one made of it: what `run` was given is still there. */
function of(call: Call): ToolSettings {
  return (call as BridgeCall).settings;
}

/** A caller may ask for fewer retries than are configured, never for more. */
function retriesOf(call: Call): RetrySettings {
  const { retry } = of(call);
  const asked = call.control?.retries;
  return asked === undefined || asked >= retry.retries ? retry : { ...retry, retries: asked };
}
