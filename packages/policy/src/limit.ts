import type { Clock, TrestleError } from "@trestle/protocol";
import { type Call, type LimitFacts, nameOf, note, type Policy } from "./call.ts";
import { refusal } from "./faults.ts";

/** So many calls in one window of that length. */
export interface LimitRule {
  readonly calls: number;
  readonly windowMs: number;
}

/** What holds for one call; a limit that is left out does not exist. */
export interface LimitSettings {
  /** For everything this principal calls. */
  readonly principal?: LimitRule;
  /** For everything that is called on this server, by whomever. */
  readonly server?: LimitRule;
  readonly tool?: LimitRule;
}

export interface LimitState extends LimitFacts {
  readonly allowed: boolean;
}

/** Where calls are counted. Never throws: a store that cannot be reached counts in memory meanwhile. */
export interface LimitStore {
  /** Counts one call, unless the limit is reached. */
  take(key: string, rule: LimitRule): LimitState | Promise<LimitState>;
}

export interface LimitParts {
  readonly settingsFor: (call: Call) => LimitSettings;
  readonly store: LimitStore;
  readonly clock: Clock;
}

/** 100 calls a minute for everybody but the local caller. */
export const DEFAULT_PRINCIPAL_LIMIT: LimitRule = { calls: 100, windowMs: 60_000 };

export function defaultLimits({ context }: Call): LimitSettings {
  return context.principal.kind === "local" ? {} : { principal: DEFAULT_PRINCIPAL_LIMIT };
}

/** Refuses calls beyond a principal's, a server's or a tool's limit. */
export function limit({ settingsFor, store, clock }: LimitParts): Policy {
  const principalKeys = keys("principal");
  const serverKeys = keys("server");

  return async function limit(call, next) {
    const { server, tool } = call;
    const { principal, server: ofServer, tool: ofTool } = settingsFor(call);
    // The principal first, so that nobody uses up what is shared beyond their own share.
    if (principal !== undefined) {
      const taken = take(call, principalKeys(call.context.principal.id), principal);
      if (taken !== undefined) await taken;
    }
    if (ofServer !== undefined) {
      const taken = take(call, serverKeys(server), ofServer);
      if (taken !== undefined) await taken;
    }
    if (ofTool !== undefined) {
      const taken = take(call, `tool ${server} ${tool}`, ofTool);
      if (taken !== undefined) await taken;
    }
    note(call, "limit", call.trail.limit === undefined ? "unlimited" : "within");
    return next(call);
  };

  /** Something to wait for only where the store takes time: this runs for every call. */
  function take(call: Call, key: string, rule: LimitRule): Promise<void> | undefined {
    const state = store.take(key, rule);
    if (state instanceof Promise) return state.then((late) => heed(call, late, { key, rule }));
    heed(call, state, { key, rule });
    return undefined;
  }

  function heed(call: Call, state: LimitState, { key, rule }: Taken): void {
    const { limit, remaining, reset } = state;
    const tightest = call.trail.limit;
    if (tightest === undefined || remaining < tightest.remaining) {
      call.trail.limit = { limit, remaining, reset };
    }
    if (state.allowed) return;
    note(call, "limit", "refused");
    throw refused(call, {
      what: key.slice(0, key.indexOf(" ")),
      rule,
      facts: { limit, remaining, reset },
    });
  }

  function refused(call: Call, { what, rule, facts }: Refused): TrestleError {
    const retryAfterMs = Math.max(1, facts.reset - clock.now());
    const seconds = Math.ceil(retryAfterMs / 1000);
    const window = `${rule.calls} calls in ${rule.windowMs / 1000} s`;
    return refusal("limit", "rate_limited", {
      message: `The limit of this ${what} is reached (${window}), so ${nameOf(call)} was not called. Try again in ${seconds} s.`,
      retryAfterMs,
      details: { limited: what, ...facts },
    });
  }
}

const MOST_KEYS = 1_000;

/** The same keys are needed with every call: put together anew, each would have to be hashed anew. */
function keys(what: string): (id: string) => string {
  const made = new Map<string, string>();
  return (id) => {
    const known = made.get(id);
    if (known !== undefined) return known;
    if (made.size >= MOST_KEYS) made.clear();
    const key = `${what} ${id}`;
    made.set(id, key);
    return key;
  };
}

interface Taken {
  readonly key: string;
  readonly rule: LimitRule;
}

interface Refused {
  readonly what: string;
  readonly rule: LimitRule;
  readonly facts: LimitFacts;
}
