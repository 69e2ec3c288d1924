import type { Clock, Logger, TrestleError } from "@trestle/protocol";
import type { Client, Pool, PoolConfig } from "pg";
import { sendCancelRequest } from "./cancel.ts";
import { explainConnectFailure, type Place } from "./connect-failures.ts";
import type { Driver } from "./driver.ts";
import { createPoolDriver } from "./pool-driver.ts";
import { type PostgresTarget, parsePostgresUrl } from "./postgres-url.ts";
import type { WireClient } from "./wire-connection.ts";

export interface PoolSettings {
  /** Take the details off errors, in which the server quotes rows: some of their columns are not to be seen. */
  readonly withholdValues?: boolean;
  readonly maxConnections: number;
  readonly idleTimeoutMs: number;
  readonly connectionTimeoutMs: number;
}

export interface PostgresOptions extends PoolSettings {
  /** `postgres://user:password@host:port/database?sslmode=…` */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const NO_TLS = "The server does not support SSL connections";

/** A Postgres over TCP or a Unix socket. Connects at first use. Throws `invalid_config` for a string it can not read. */
export function createPostgresDriver(options: PostgresOptions): Driver {
  const target = parsePostgresUrl(options.url);
  const ssl = { current: target.ssl };
  const place: Place = { ...options, secrets: target.secrets, where: whereOf(target) };
  const explain = (error: unknown): TrestleError => explainConnectFailure(error, place);

  async function openPool(): Promise<Pool> {
    const pg = await import("pg");
    const Base = pg.default.Client;
    /** `prefer`: the first connection finds out whether the server has TLS at all. */
    class PreferringClient extends Base {
      constructor(given: PoolConfig) {
        super({ ...given, ssl: ssl.current } as never);
      }
    }
    const pool = new pg.default.Pool({
      ...poolConfig(options),
      connectionString: target.connectionString,
      ssl: target.ssl,
      enableChannelBinding: target.channelBinding,
      Client: PreferringClient as unknown as typeof Client,
    } as PoolConfig);
    return target.sslMode === "prefer" || target.sslMode === "allow" ? preferring(pool) : pool;
  }

  function preferring(pool: Pool): Pool {
    const connect = pool.connect.bind(pool) as () => Promise<never>;
    pool.connect = (async () => {
      try {
        return await connect();
      } catch (error) {
        if (ssl.current === false || (error as Error).message !== NO_TLS) throw error;
        ssl.current = false;
        return connect();
      }
    }) as never;
    return pool;
  }

  const cancel = (client: WireClient): Promise<void> =>
    sendCancelRequest({
      host: (client as unknown as Client).host,
      port: (client as unknown as Client).port,
      ssl: ssl.current,
      processId: client.processID ?? 0,
      secretKey: client.secretKey ?? 0,
    });

  return createPoolDriver({ ...options, kind: "postgres", openPool, cancel, explain });
}

/** What every pool of ours is made with. */
export function poolConfig(settings: PoolSettings): PoolConfig {
  return {
    max: settings.maxConnections,
    idleTimeoutMillis: settings.idleTimeoutMs,
    connectionTimeoutMillis: settings.connectionTimeoutMs,
    application_name: "trestle-database",
    allowExitOnIdle: true,
    keepAlive: true,
  };
}

function whereOf({ connectionString, host }: PostgresTarget): string {
  const { port } = new URL(connectionString);
  return `${host || "localhost"}:${port || "5432"}`;
}
