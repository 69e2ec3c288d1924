import type { Clock, Logger } from "@trestle/protocol";
import type { Config } from "./config.ts";
import { createGuard, type Guard } from "./guard/guard.ts";
import { createBranchDatabases } from "./neon/branch-databases.ts";
import { createNeon, type Neon } from "./neon/neon.ts";
import type { Database } from "./postgres/database.ts";
import { openDatabase } from "./postgres/open-database.ts";
import { createSchemaWatch, type SchemaWatch } from "./structure/watch.ts";

/** What the tools share. */
export interface State {
  readonly config: Config;
  /** The configured database. */
  readonly database: Database;
  /** The database of a call that may name a project or a branch of Neon; without either, the configured one. */
  databaseFor(target: DatabaseTarget, signal?: AbortSignal): Promise<Database>;
  readonly guard: Guard;
  readonly neon: Neon;
  readonly schemaWatch: SchemaWatch;
  readonly limits: {
    readonly timeoutMs: number;
    readonly maxRows: number;
    readonly maxBytes: number;
  };
  close(): Promise<void>;
}

export interface DatabaseTarget {
  readonly projectId?: string | undefined;
  readonly branchId?: string | undefined;
}

export interface StateParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createState({ config, ...parts }: StateParts): State {
  const guard = createGuard(config);
  const database = openDatabase(config, { guard, ...parts });
  const openUrl = (url: string) =>
    openDatabase({ ...config, url, driver: "auto" }, { guard, ...parts });
  const schemaWatch = createSchemaWatch({ ...parts, catalog: database });
  const neon = createNeon({ ...parts, config, openDatabase: openUrl });
  const branches = createBranchDatabases(neon.connections, openUrl);
  return {
    config,
    database,
    neon,
    schemaWatch,
    databaseFor: async ({ projectId, branchId }, signal) =>
      projectId === undefined && branchId === undefined
        ? database
        : branches.databaseFor({ projectId, branchId }, signal),
    guard,
    limits: {
      timeoutMs: config.statementTimeoutMs,
      maxRows: config.maxRows,
      maxBytes: config.maxBytes,
    },
    close: async () => {
      schemaWatch.close();
      await Promise.all([database.close(), branches.close()]);
    },
  };
}
