import { type Clock, type Logger, silentLogger, systemClock } from "@trestle/protocol";
import type { UseOptions } from "../drivers/driver.ts";
import { createEmbeddedDriver } from "../drivers/embedded/embedded.ts";
import { createGuard, type GuardRules } from "../guard/guard.ts";
import { createDatabase } from "./create-database.ts";
import type { Database } from "./database.ts";
import { isConnectionLost } from "./failures.ts";
import { outcomeUnknown } from "./session.ts";

export interface EmbeddedOptions extends Partial<GuardRules> {
  /** Any number of processes may open the same folder: one holds it, the others ask that one. */
  readonly dataDir: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

export type ExecuteOptions = Partial<UseOptions>;

/** A Postgres in a folder, with no server to install. */
export interface EmbeddedDatabase extends Pick<Database, "query" | "read" | "close"> {
  /**
   * Runs a script of any statements, writes included: for the program that owns the data. No tool
   * reaches it. `outcome_unknown` when the process that holds the folder died in the middle.
   */
  script(script: string, options?: ExecuteOptions): Promise<void>;
}

const SCRIPT_MS = 300_000;
const POOL = { maxConnections: 5, idleTimeoutMs: 30_000, connectionTimeoutMs: 60_000 };

/** Cheap: nothing is read or made before the first query. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedDatabase {
  const { dataDir, clock = systemClock, log = silentLogger } = options;
  const driver = createEmbeddedDriver({ ...POOL, dataDir, clock, log });
  const guard = createGuard({ ...options, mode: options.mode ?? "read-only" });
  const database = createDatabase({ driver, guard });

  async function script(text: string, { signal, timeoutMs }: ExecuteOptions = {}): Promise<void> {
    const use = { timeoutMs: timeoutMs ?? SCRIPT_MS, ...(signal ? { signal } : {}) };
    try {
      await driver.use((connection) => connection.script(text), use);
    } catch (error) {
      throw isConnectionLost(error) ? outcomeUnknown(error) : error;
    }
  }

  return { query: database.query, read: database.read, script, close: database.close };
}
