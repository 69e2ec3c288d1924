import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import type { Config } from "../config.ts";
import type { Driver } from "../drivers/driver.ts";
import { createEmbeddedDriver } from "../drivers/embedded/embedded.ts";
import { createNeonDriver, isNeonHost } from "../drivers/neon.ts";
import { createPostgresDriver } from "../drivers/postgres.ts";
import type { Guard } from "../guard/guard.ts";
import { createDatabase } from "./create-database.ts";
import type { Database } from "./database.ts";

export interface DatabasePieces {
  readonly guard: Guard;
  /** Where the embedded database lives, unless configured. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export type DatabaseConfig = Pick<
  Config,
  | "url"
  | "driver"
  | "dataDir"
  | "maxConnections"
  | "idleTimeoutMs"
  | "connectionTimeoutMs"
  | "statementTimeoutMs"
>;

/** The database that is configured. Cheap: it is connected to by its first use. */
export function openDatabase(config: DatabaseConfig, pieces: DatabasePieces): Database {
  return createDatabase({
    driver: openDriver(config, pieces),
    guard: pieces.guard,
    timeoutMs: config.statementTimeoutMs,
  });
}

function openDriver(config: DatabaseConfig, pieces: DatabasePieces): Driver {
  const { clock, log } = pieces;
  const { url, driver, dataDir = pieces.dataDir } = config;
  const { denyColumns = [], maskColumns = [] } = pieces.guard.rules;
  const withholdValues = denyColumns.length + maskColumns.length > 0;
  if (driver === "embedded" || (driver === "auto" && url === undefined))
    return createEmbeddedDriver({ ...config, dataDir, clock, log, withholdValues });
  if (url === undefined)
    throw new TrestleError(
      "invalid_config",
      `DATABASE_DRIVER=${driver} needs DATABASE_URL. Set it, or leave both out for the embedded database.`,
    );
  const isNeon = driver === "neon" || (driver === "auto" && isNeonHost(url));
  return (isNeon ? createNeonDriver : createPostgresDriver)({
    ...config,
    url,
    clock,
    log,
    withholdValues,
  });
}
