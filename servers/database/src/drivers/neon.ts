import {
  type Clock,
  isTrestleError,
  type Logger,
  messageOf,
  type TrestleError,
} from "@trestle/protocol";
import type { ClientConfig, Pool } from "pg";
import { toDatabaseError } from "../postgres/failures.ts";
import { words } from "./cancel.ts";
import { explainConnectFailure, type Place } from "./connect-failures.ts";
import type { Answer, Driver, UseOptions } from "./driver.ts";
import { hasLists, toText } from "./parameters.ts";
import { createPoolDriver } from "./pool-driver.ts";
import { type PoolSettings, poolConfig } from "./postgres.ts";
import { parsePostgresUrl } from "./postgres-url.ts";
import { tooLarge } from "./statement.ts";
import { cancelled, timedOut } from "./watch.ts";
import type { WireClient } from "./wire-connection.ts";

export interface NeonOptions extends PoolSettings {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where Neon's front is, if not at Neon. */
  readonly front?: NeonFront;
}

export interface NeonFront {
  readonly wsProxy: (host: string, port: number | string) => string;
  readonly fetchEndpoint: string;
}

const CANCEL_REQUEST = 80877102;
/** Neon's front sends no more than 64 MB in one answer. */
const TOO_LARGE_FOR_HTTP = /response is too large/;

type Neon = typeof import("@neondatabase/serverless");
type Statements = Parameters<NonNullable<Driver["readAtOnce"]>>[0];

/** Neon by its serverless driver: reads of one statement over HTTP, everything else over a WebSocket. */
export function createNeonDriver(options: NeonOptions): Driver {
  const target = parsePostgresUrl(options.url);
  const place: Place = { ...options, secrets: target.secrets, where: target.host };
  const explain = (error: unknown): TrestleError => explainConnectFailure(plain(error), place);
  let loading: Promise<Neon> | undefined;
  const load = (): Promise<Neon> => (loading ??= import("@neondatabase/serverless"));

  async function openPool(): Promise<Pool> {
    const neon = await load();
    const Client = configured(neon, options.front);
    const settings = { ...poolConfig(options), connectionString: target.connectionString };
    // It takes no class of clients by its options.
    const pool = Object.assign(new neon.Pool(settings as never), { Client });
    return pool as unknown as Pool;
  }

  /** On a connection of its own, as the protocol wants it. */
  async function cancel({ processID, secretKey }: WireClient): Promise<void> {
    const Client = configured(await load(), options.front);
    const { connection, host, port } = new Client({ connectionString: target.connectionString });
    const { stream } = connection;
    stream.on("error", () => {});
    stream.once("connect", () => {
      stream.write(words(16, CANCEL_REQUEST, processID ?? 0, secretKey ?? 0));
      stream.end();
    });
    stream.connect(port, host);
  }

  async function overHttp(
    statements: Statements,
    { signal, timeoutMs }: UseOptions,
  ): Promise<Answer[]> {
    const { neon, neonConfig } = await load();
    const sql = neon(target.connectionString, HTTP_OPTIONS);
    if (options.front) neonConfig.fetchEndpoint = options.front.fetchEndpoint;
    const stopping = AbortSignal.timeout(timeoutMs + 2_000);
    const stop = signal ? AbortSignal.any([signal, stopping]) : stopping;
    const queries = statements.map(({ sql: text, params = [] }) =>
      sql.query(
        text,
        params.map((value) => toText(value)),
        HTTP_OPTIONS,
      ),
    );
    try {
      return (await sql.transaction(queries, {
        ...HTTP_OPTIONS,
        readOnly: true,
        fetchOptions: { signal: stop },
      })) as unknown as Answer[];
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      const failure = stopping.aborted ? undefined : worded(error);
      throw failure && failure.details?.sqlState !== "57014" ? failure : timedOut(timeoutMs);
    }
  }

  function worded(error: unknown): TrestleError {
    if (TOO_LARGE_FOR_HTTP.test(messageOf(error))) return toDatabaseError(tooLarge());
    const failure = error as { code?: string; sourceError?: unknown };
    return failure.code === undefined
      ? explain(failure.sourceError ?? error)
      : toDatabaseError(error);
  }

  const driver = createPoolDriver({ ...options, kind: "neon", openPool, cancel, explain });
  return {
    ...driver,
    readAtOnce(statements, use) {
      // What a list is sent as depends on the type that the server finds for it, which HTTP does not tell.
      if (statements.some(({ params = [] }) => hasLists(params))) return undefined;
      return overHttp(statements, use);
    },
  };
}

/** Values as the server prints them. */
const HTTP_OPTIONS = {
  arrayMode: true,
  fullResults: true,
  types: { getTypeParser: () => (value: string) => value },
} as const;

interface NeonClient {
  readonly host: string;
  readonly port: number;
  readonly connection: {
    readonly stream: {
      on(event: string, listener: () => void): void;
      once(event: string, listener: () => void): void;
      connect(port: number, host: string): void;
      write(bytes: Uint8Array): void;
      end(): void;
    };
  };
}

/** Its settings belong to each client, not to the module, which others in this process may use too. */
function configured({ Client }: Neon, front: NeonFront | undefined) {
  return class extends Client {
    constructor(config: ClientConfig) {
      super(config as never);
      const { neonConfig } = this;
      neonConfig.webSocketConstructor = WebSocket as never;
      if (!front) return;
      neonConfig.wsProxy = front.wsProxy;
      neonConfig.useSecureWebSocket = false;
      neonConfig.pipelineConnect = false;
    }
  } as unknown as new (
    config: ClientConfig,
  ) => NeonClient;
}

/** A WebSocket that fails gives an event, and HTTP an error around an error. */
function plain(error: unknown): unknown {
  if (error instanceof Error || isTrestleError(error))
    return error.cause instanceof Error && error.message === "fetch failed" ? error.cause : error;
  const { message, error: inner } = Object(error) as { message?: string; error?: unknown };
  if (inner instanceof Error) return inner;
  return new Error(message || "the WebSocket could not be opened");
}

export function isNeonHost(url: string): boolean {
  try {
    return /(^|\.)neon\.(tech|build)$/.test(new URL(url).hostname);
  } catch {
    return false;
  }
}
