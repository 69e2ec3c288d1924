import type { Principal, Progress, RequestContext, ServerInstance } from "./instance.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Logger } from "./log.ts";

/** The mark of a server definition; registered, so that it is the same symbol in every copy of this package. */
export const SERVER_MARK: unique symbol = Symbol.for("trestle.server") as never;
export const SERVER_ABI = 1;

/** One setting of a server, as `--help`, `.env.example` and the README's table show it. */
export interface ConfigField {
  readonly key: string;
  readonly env: string;
  readonly flag: string;
  readonly description: string;
  readonly required: boolean;
  readonly secret: boolean;
  /** JSON Schema of the value. */
  readonly schema: JsonObject;
  readonly default?: JsonValue;
}

/** What a tool looks like before its server is opened. */
export interface ToolSummary {
  readonly name: string;
  /** The smallest profile that lists it. */
  readonly profile: "core" | "all";
  readonly readOnly: boolean;
  /** The server's own word that results may be cached, in seconds. */
  readonly cacheTtl?: number;
}

/**
 * A server as plain data and functions: what one published package hands to another. The host checks
 * the mark and the abi, and knows nothing else of the package it came from.
 */
export interface ServerDefinition {
  readonly [SERVER_MARK]: true;
  readonly abi: number;
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly configFields: readonly ConfigField[];
  readonly tools: readonly ToolSummary[];
  /** Does this server work with no configuration at all? */
  readonly needsNoCredentials: boolean;
  /**
   * Makes an instance on a host. Cheap: no file, port, process or connection before the first request
   * needs it. `settings` holds raw values by config key or environment name; a bad one throws
   * `invalid_config` naming it.
   */
  mount(host: Host, settings: Readonly<Record<string, string | undefined>>): ServerInstance;
}

export function isServerDefinition(value: unknown): value is ServerDefinition {
  return typeof value === "object" && value !== null && SERVER_MARK in value;
}

/** A tool call from one server to another, through its host. */
export interface HostCallOptions {
  readonly signal?: AbortSignal;
  /** Epoch milliseconds. */
  readonly deadline?: number;
  /** `run/step/iteration`; the receiver does the work once per key. */
  readonly idempotencyKey?: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Answers an `input_required` result; without it such a call fails with `unsupported`. */
  readonly onInputRequired?: (requests: JsonObject) => Promise<JsonObject>;
  readonly parentExecutionId?: string;
}

/** What a server may do in the name of one caller. The principal is the caller's, and can never be passed. */
export interface CallHost {
  listTools(): Promise<JsonObject[]>;
  callTool(
    server: string,
    tool: string,
    args: JsonObject,
    options?: HostCallOptions,
  ): Promise<JsonObject>;
}

/** A storable grant for durable work, re-checked against current keys at each use. */
export interface Grant {
  readonly principal: Principal;
  readonly scopes: readonly string[];
  readonly token: string;
}

/** What a server gets from wherever it runs: from the bridge when mounted, from its own process when alone. */
export interface Host {
  forCall(context: RequestContext): CallHost;
  delegate(context: RequestContext, scopes: readonly string[]): Promise<Grant>;
  forGrant(grant: Grant): CallHost;
  publish(topic: string, payload: JsonObject): void;
  subscribe(
    topic: string,
    sinceSeq: number,
    handler: (event: { seq: number; payload: JsonObject }) => void,
  ): () => void;
  audit(entry: JsonObject): Promise<void>;
  /** This server's own folder below the home; created by whoever first writes there. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Time as an argument, so that tests need no sleeping. */
export interface Clock {
  now(): number;
  /** Runs `work` once after `ms`; the timer keeps no process alive. Returns the function that cancels it. */
  after(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
