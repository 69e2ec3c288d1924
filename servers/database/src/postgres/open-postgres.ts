import { type Clock, type Logger, silentLogger, systemClock } from "@trestle/protocol";
import type { DriverKind } from "../drivers/driver.ts";
import { createGuard, type GuardRules } from "../guard/guard.ts";
import type { Database } from "./database.ts";
import { type DatabaseConfig, openDatabase } from "./open-database.ts";

export interface PostgresOptions extends Partial<GuardRules> {
  /** `postgres://user:password@host:port/database?sslmode=…`, of Postgres or of Neon. */
  readonly url: string;
  /** Where left out, the host tells: Neon's serverless driver for Neon, TCP for every other. */
  readonly driver?: Exclude<DriverKind, "embedded">;
  /** 5 by default. */
  readonly maxConnections?: number;
  /** 30 000 by default. */
  readonly idleTimeoutMs?: number;
  /** 10 000 by default. */
  readonly connectionTimeoutMs?: number;
  /** Of statements that name no time of their own; 30 000 by default. */
  readonly statementTimeoutMs?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/**
 * A Postgres for a program of its own, read-only unless `mode` says more. Connects at first use. Throws
 * `invalid_config` for an address or a rule that can not be read.
 */
export function openPostgres(options: PostgresOptions): Database {
  const { url, driver = "auto", clock = systemClock, log = silentLogger } = options;
  const guard = createGuard({ ...options, mode: options.mode ?? "read-only" });
  const config: DatabaseConfig = {
    url,
    driver,
    dataDir: undefined,
    maxConnections: options.maxConnections ?? 5,
    idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
    connectionTimeoutMs: options.connectionTimeoutMs ?? 10_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
  };
  return openDatabase(config, { guard, dataDir: "", clock, log });
}
