import type { JsonObject, RequestContext } from "@trestle/protocol";

/** What the catalog knows of a tool's effects. A hint that is missing counts as the cautious answer. */
export interface ToolHints {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  readonly idempotent: boolean;
  readonly openWorld: boolean;
  /** The tool said itself that it writes: `readOnly` is false by its word, not for want of a hint. */
  readonly declaredWrite?: boolean;
}

/** What the caller asks for this one call. */
export interface CallControl {
  /** `false` passes the cache by; `true` also caches a tool without a hint, for that caller's word. */
  readonly useCache?: boolean;
  readonly cacheTtlMs?: number;
  /** Attempts after the first, if fewer than are configured. */
  readonly retries?: number;
  /** `false`: the failure itself is wanted, no other answer. */
  readonly useFallback?: boolean;
}

/** One tool invocation on its way through the pipeline. */
export interface Call {
  readonly executionId: string;
  /** Server id of the upstream. */
  readonly server: string;
  /** The tool's name as the upstream knows it. */
  readonly tool: string;
  /** SHA-256 of the tool's definition. */
  readonly definitionHash: string;
  readonly hints: ToolHints;
  /** Raw `params` of tools/call, already carrying the upstream's own tool name. */
  readonly params: JsonObject;
  readonly context: RequestContext;
  /** Whose answers may stand for one another, where that are fewer than the principal's own. */
  readonly partition?: string;
  readonly parentExecutionId?: string;
  readonly control?: CallControl;
  /** `server/tool` of the calls whose fallback this one is, the first one first. */
  readonly fallbackFrom?: readonly string[];
  /** What happened to this call so far; policies write here, `record` keeps it. */
  readonly trail: Trail;
}

/** What one policy decided, and how long it waited or worked for that. */
export interface Stage {
  readonly policy: string;
  readonly decision: string;
  readonly ms: number;
  /** When it decided, in milliseconds since the call began. Absent where nobody keeps the time. */
  readonly at?: number;
}

/** How far the tightest limit is from refusing. */
export interface LimitFacts {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch milliseconds at which the window ends. */
  readonly reset: number;
}

/** Facts that the policies leave for the history row and the answer's `_meta`. */
export interface Trail {
  attempts: number;
  /** Attempts after the first. */
  retries: number;
  cached: boolean;
  fallbackUsed: boolean;
  limit?: LimitFacts;
  /** Bytes of the request and of the answer on the wire, where whoever read or wrote them knows. */
  requestBytes?: number;
  resultBytes?: number;
  /** Milliseconds since the call began, with fractions. `record` starts it. */
  elapsed?: () => number;
  readonly stages: Stage[];
}

export type Next = (call: Call) => Promise<JsonObject>;

/** One link of the pipeline: may answer itself, change the call, or watch what comes back. */
export type Policy = (call: Call, next: Next) => Promise<JsonObject>;

/** Joins policies, the outermost first, in front of the function that sends the call. Built once, not per call. */
export function compose(policies: readonly Policy[], send: Next): Next {
  return policies.reduceRight<Next>((next, policy) => (call) => policy(call, next), send);
}

export function newTrail(): Trail {
  return { attempts: 0, retries: 0, cached: false, fallbackUsed: false, stages: [] };
}

/** Leaves a decision on the call's trail. */
export function note(call: Call, policy: string, decision: string, ms = 0): void {
  const { stages, elapsed } = call.trail;
  if (elapsed === undefined) stages.push({ policy, decision, ms });
  else stages.push({ policy, decision, ms, at: elapsed() });
}

/** How a call is named in messages. */
export function nameOf({ server, tool }: Pick<Call, "server" | "tool">): string {
  return `${server}.${tool}`;
}
