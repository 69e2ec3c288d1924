import type { LookupFunction } from "node:net";
import type {
  Clock,
  Era,
  JsonObject,
  Logger,
  RequestContext,
  ServerEvent,
  ServerInstance,
} from "@trestle/protocol";
import type { Credentials } from "./http/credentials.ts";
import type { ProcessRegistry } from "./processes/registry.ts";
import type { VerdictStore } from "./verdicts.ts";

/** How long a child is given at each step of being ended, in milliseconds. */
export interface EndGraces {
  /** From stdin EOF to SIGTERM. */
  readonly eofMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly termMs: number;
}

/** When a server that died is started again. The first restart is immediate, later ones wait longer and longer. */
export interface RestartPace {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A request need not wait for the next start: once in so long it makes one try of its own. */
  readonly quickEveryMs: number;
  /** Having lived this long, a server's earlier deaths are forgotten. */
  readonly healthyAfterMs: number;
}

interface CommonConfig {
  /** Server id; appears in every message about this upstream. */
  readonly id: string;
  readonly era?: "auto" | Era;
  readonly startTimeoutMs?: number;
  /** How long a silent server is believed to be of the modern era. */
  readonly probeTimeoutMs?: number;
  readonly restart?: Partial<RestartPace> | undefined;
  /** How long its connection may be unused before it is ended, as it stands now; 0 or nothing: for ever. */
  readonly idleStopMs?: () => number;
  /** What we declare to a server of the legacy era; callers answer through `context.askClient`. */
  readonly clientCapabilities?: JsonObject;
}
export interface EmbeddedConfig extends CommonConfig {
  readonly kind: "embedded";
  open(): ServerInstance | Promise<ServerInstance>;
}
export interface StdioConfig extends CommonConfig {
  readonly kind: "stdio";
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to the few variables that every child inherits. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly graces?: Partial<EndGraces>;
}
export interface HttpConfig extends CommonConfig {
  readonly kind: "http";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly transport?: "auto" | "streamable" | "sse";
  /** How its name is resolved for each new connection; what it refuses with a typed error is not asked. */
  readonly lookup?: LookupFunction | undefined;
  /** Told of each host that the server sends us to and that is not asked. */
  readonly onRefused?: ((host: string) => void) | undefined;
  /** Shown with each request, where the headers alone do not say whom it is from. */
  readonly credentials?: Credentials | undefined;
}
export type UpstreamConfig = EmbeddedConfig | StdioConfig | HttpConfig;

/** What an upstream takes from whoever runs it. */
export interface UpstreamParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly processes: ProcessRegistry;
  readonly verdicts?: VerdictStore;
  /** Who we say we are: `{ name, version }`. */
  readonly clientInfo: JsonObject;
  /** Told of each state that an upstream enters, but for its end. */
  readonly onState?: (id: string, entered: StateEntered) => void;
  /** Told when a server that was lost is connected again. */
  readonly onReconnect?: (id: string) => void;
  /** Told when a connection is over, and whatever the server kept for it: `loss` says why where nobody wanted that. */
  readonly onGone?: (loss?: string) => void;
}

/** What a server said of itself when it was connected. */
export interface UpstreamFacts {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly info: JsonObject;
  readonly capabilities: JsonObject;
  readonly instructions?: string;
}

export interface UpstreamHealth {
  /** `backoff`: it died, and waits before the next start; `failed`: the last start did not succeed. */
  readonly state: "idle" | "starting" | "ready" | "backoff" | "failed" | "closed";
  readonly era?: Era;
  readonly pid?: number;
  /** Of all its processes, where it may have several. */
  readonly pids?: readonly number[];
  readonly restarts: number;
  readonly lastError?: string;
  /** Epoch milliseconds at which the state was entered. */
  readonly since: number;
  /** The last lines of stderr, of this process and of those before it. */
  readonly stderr: string[];
}

/** Why and how often, where a state is one that nobody wanted. */
export type StateEntered = Pick<UpstreamHealth, "state" | "restarts" | "lastError">;

/** What a server tells of its own accord, and that a connection was made: what it was known for may be old. */
export type UpstreamEvent = ServerEvent | { readonly kind: "connected" };

/** A server behind the bridge, started when first needed and started again when it died. */
export interface Upstream {
  readonly id: string;
  readonly kind: UpstreamConfig["kind"];
  /** Connects, unless connected. */
  ready(signal?: AbortSignal): Promise<UpstreamFacts>;
  /**
   * Sends a request and returns the result as the server wrote it. Errors of the server are thrown as
   * RpcError; everything between us and the server as TrestleError, whose `details.sent` says whether
   * the request may have reached it.
   */
  request(method: string, params: JsonObject, context: RequestContext): Promise<JsonObject>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: UpstreamEvent) => void): () => void;
  health(): UpstreamHealth;
  /** Ends a connection that has served nothing but lists; the next request makes another. */
  rest(): void;
  close(): Promise<void>;
}
