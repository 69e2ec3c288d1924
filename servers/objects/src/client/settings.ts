import { type BackoffSettings, DEFAULT_BACKOFF } from "./backoff.ts";
import { type BreakerSettings, type BreakerState, DEFAULT_BREAKER } from "./breaker.ts";
import { type ClientClock, runtimeClock } from "./clock.ts";
import { DEFAULT_HEARTBEAT, type HeartbeatSettings } from "./heartbeat.ts";
import type { LinkState, Socket } from "./link.ts";
import type { HostAddress } from "./request.ts";

/** What may be said of a client; only `url` must be. */
export interface ObjectsClientOptions {
  /** Of the host: `http://127.0.0.1:8710`, `https://objects.example.workers.dev`. */
  readonly url: string;
  /** A JWT, or whatever gets one: it is asked anew for each request and each connection. */
  readonly token?: string | (() => string | Promise<string>);
  readonly backoff?: BackoffSettings;
  readonly breaker?: BreakerSettings;
  readonly heartbeat?: HeartbeatSettings;
  readonly outbox?: OutboxSettings;
  /** Hears of connections, of the breaker, and of what waits. */
  readonly onEvent?: (event: ClientEvent) => void;
  readonly clock?: ClientClock;
  /** At least 0, below 1. */
  readonly random?: () => number;
  /** Makes idempotency keys. */
  readonly newKey?: () => string;
  readonly fetch?: typeof fetch;
  readonly webSocket?: new (url: string, protocols: string[]) => Socket;
}

export interface OutboxSettings {
  /** Calls of one object that may wait; more are refused. */
  readonly most: number;
  /** How long a call may take with all its attempts, in milliseconds. */
  readonly timeoutMs: number;
  /** How long one HTTP request may take. */
  readonly requestMs: number;
  /** `fail` refuses calls while the breaker is open; `queue` keeps them until the host is back. */
  readonly offline: "queue" | "fail";
}

const DEFAULT_OUTBOX: OutboxSettings = {
  most: 1_000,
  timeoutMs: 60_000,
  requestMs: 10_000,
  offline: "queue",
};

export type ClientEvent =
  | ({ readonly type: "connection"; readonly class: string; readonly id: string } & LinkState)
  | { readonly type: "breaker"; readonly state: BreakerState }
  | {
      readonly type: "outbox";
      readonly class: string;
      readonly id: string;
      readonly waiting: number;
    };

/** Everything that the parts of a client share. */
export interface ClientParts {
  readonly host: HostAddress;
  readonly backoff: BackoffSettings;
  readonly breaker: BreakerSettings;
  readonly heartbeat: HeartbeatSettings;
  readonly outbox: OutboxSettings;
  readonly onEvent: (event: ClientEvent) => void;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly newKey: () => string;
  readonly webSocket: new (url: string, protocols: string[]) => Socket;
}

export function toParts(options: ObjectsClientOptions): ClientParts {
  const { url, token } = options;
  const host = { url, fetch: options.fetch ?? ((...args) => fetch(...args)) };
  return {
    host: token === undefined ? host : { ...host, token },
    backoff: options.backoff ?? DEFAULT_BACKOFF,
    breaker: options.breaker ?? DEFAULT_BREAKER,
    heartbeat: options.heartbeat ?? DEFAULT_HEARTBEAT,
    outbox: options.outbox ?? DEFAULT_OUTBOX,
    onEvent: options.onEvent ?? (() => {}),
    clock: options.clock ?? runtimeClock,
    random: options.random ?? Math.random,
    newKey: options.newKey ?? (() => crypto.randomUUID()),
    webSocket: options.webSocket ?? WebSocket,
  };
}
