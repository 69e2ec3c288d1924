import type { Era } from "./era.ts";
import type { JsonObject } from "./json.ts";
import type { OwnSignal } from "./own-signal.ts";
import type { ClientSession } from "./session.ts";

/** Who a call is for. */
export interface Principal {
  /** Stable; caches, limits and idempotency are partitioned by it. */
  readonly id: string;
  readonly kind: "local" | "key" | "subject" | "admin" | "anonymous";
  /** `server:tool[:read|write]`; absent means everything. */
  readonly scopes?: readonly string[];
  /** The network address the caller came from, where somebody's rules ask for it. */
  readonly address?: string;
  /** Its own limit of calls, in the place of the one for everybody. */
  readonly limit?: { readonly calls: number; readonly windowMs: number };
  /** What of the catalog it is shown: the name of a profile. */
  readonly profile?: string;
}

export const LOCAL_PRINCIPAL: Principal = Object.freeze({ id: "local", kind: "local" });

/** What the peer in front of us said of itself. For display and capability checks, never for security. */
export interface ClientFacts {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly info?: JsonObject;
}

/** A `notifications/progress` body without its token. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** A `notifications/message` body. */
export interface LogMessage {
  readonly level: string;
  readonly logger?: string;
  readonly data: unknown;
}

/**
 * One attempt at a request, which may end before the request does: a light companion of its signal, as
 * every call has one and hardly any is ended.
 */
export interface Attempt {
  /** Why it was ended. Whoever is about to send looks here first. */
  ended?: unknown;
  /** Ends what was sent; set by whoever sent it, for as long as that runs. */
  cancel?: ((reason: unknown) => void) | undefined;
}

/** All that travels with one request besides its parameters. */
export interface RequestContext {
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** Where the request came in with a signal of its own. A context made of this one may have another signal. */
  readonly own?: OwnSignal;
  readonly attempt?: Attempt;
  /** Epoch milliseconds after which nobody waits for the answer. */
  readonly deadline?: number;
  readonly client: ClientFacts;
  /** Where the request came in on something that lasts: a stdio connection, or a session of the legacy era. */
  readonly session?: ClientSession;
  /** The execution that this request is made for, and how many there are around it, that one included. */
  readonly within?: { readonly executionId: string; readonly depth: number };
  /** Present when the caller asked for progress. */
  readonly onProgress?: (progress: Progress) => void;
  /** Present when the caller asked for log messages at `logLevel` or above. */
  readonly onLog?: (message: LogMessage) => void;
  readonly logLevel?: string;
  /**
   * Asks the user's client in the middle of the request (elicitation/create, sampling/createMessage,
   * roots/list). Present only where the peer in front is of the legacy era and declared the capability.
   */
  readonly askClient?: (method: string, params: JsonObject) => Promise<JsonObject>;
}

export type ServerEvent =
  | { readonly kind: "toolsChanged" }
  | { readonly kind: "promptsChanged" }
  | { readonly kind: "resourcesChanged" }
  | ResourceUpdated;

export interface ResourceUpdated {
  readonly kind: "resourceUpdated";
  readonly uri: string;
  /** Where clients are kept apart: is it the resource of this one? */
  readonly isFor?: (client: Pick<RequestContext, "principal" | "session">) => boolean;
}

/**
 * An MCP server ready to answer, whatever is behind it: a mounted definition, a connection to an
 * upstream, the whole bridge. Requests and results are raw MCP `params` and `result` objects; nothing
 * in between re-validates or strips them.
 *
 * Methods: tools/list, tools/call, resources/list, resources/templates/list, resources/read,
 * resources/subscribe, resources/unsubscribe, prompts/list, prompts/get, completion/complete.
 * Handshake, ping, log level and listening belong to whoever serves the instance. Multi-round-trip
 * fields (`inputResponses`, `requestState` in params, `resultType: "input_required"` in results)
 * travel as they are. Protocol faults are thrown as RpcError.
 */
export interface ServerInstance {
  readonly info: JsonObject;
  readonly capabilities: JsonObject;
  readonly instructions?: string | undefined;
  /** In the place of `instructions`, where not everybody may know the same. */
  readonly instructionsFor?: (principal: Principal) => string | undefined;
  request(method: string, params: JsonObject, context: RequestContext): Promise<JsonObject>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: ServerEvent) => void): () => void;
  close(): Promise<void>;
}
