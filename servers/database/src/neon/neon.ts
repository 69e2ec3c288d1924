import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Clock, Logger } from "@trestle/protocol";
import type { Config } from "../config.ts";
import { createGuard } from "../guard/guard.ts";
import { createNeonApi, type NeonApi } from "./api.ts";
import { type ConnectionResolver, createConnectionResolver } from "./connections.ts";
import { createMigrations, type Migrations } from "./migrations.ts";
import { createPreparedMigrations, type PreparedMigrations } from "./prepared.ts";
import type { OpenDatabase } from "./run-statements.ts";
import { createScope, type NeonScope } from "./scope.ts";

/** Projects and branches of Neon, as far as the configuration lets. */
export interface Neon {
  readonly api: NeonApi;
  readonly scope: NeonScope;
  readonly connections: ConnectionResolver;
  readonly prepared: PreparedMigrations;
  readonly migrations: Migrations;
}

export interface NeonParts {
  readonly config: Pick<
    Config,
    "mode" | "strict" | "neonApiKey" | "neonApiUrl" | "neonProjectId" | "neonBranchId"
  >;
  readonly openDatabase: OpenDatabase;
  /** The server's own folder; what is prepared is kept in it. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId?: () => string;
}

/** Asks nobody anything before it is used. */
export function createNeon(parts: NeonParts): Neon {
  const { config, clock, dataDir } = parts;
  const { neonApiKey: apiKey, neonApiUrl: baseUrl } = config;
  const api = createNeonApi({ apiKey, baseUrl, clock });
  const scope = createScope(config);
  const connections = createConnectionResolver({ api, scope, clock });
  const prepared = createPreparedMigrations(join(dataDir, "neon-migrations"));
  const newId = parts.newId ?? (() => `mig-${randomBytes(6).toString("hex")}`);
  // Lists name tables, which only the database itself knows: it holds to them when a statement runs.
  const { mode, strict } = config;
  const guard = createGuard({ mode, strict });
  const migrations = createMigrations({
    ...parts,
    guard,
    api,
    scope,
    connections,
    prepared,
    newId,
  });
  return { api, scope, connections, prepared, migrations };
}
