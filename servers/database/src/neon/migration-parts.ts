import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";
import type { NeonApi } from "./api.ts";
import type { Connection, ConnectionResolver } from "./connections.ts";
import type { PreparedMigration, PreparedMigrations } from "./prepared.ts";
import type { OpenDatabase } from "./run-statements.ts";
import type { NeonScope } from "./scope.ts";

export interface MigrationParts {
  readonly api: NeonApi;
  readonly scope: NeonScope;
  readonly connections: ConnectionResolver;
  readonly prepared: PreparedMigrations;
  readonly guard: Pick<Guard, "check">;
  readonly openDatabase: OpenDatabase;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
}

/** A branch of the migration, with its database and role. */
export function connectTo(
  { connections }: MigrationParts,
  { projectId, databaseName, roleName }: PreparedMigration,
  branchId: string,
  signal: AbortSignal,
): Promise<Connection> {
  return connections.databaseFor({ projectId, branchId, databaseName, roleName }, signal);
}

/** How the temporary branch's schema differs from its parent's, as a unified diff; undefined where Neon could not tell. */
export async function compareSchemas(
  { api, log }: MigrationParts,
  migration: PreparedMigration & { temporaryBranchId: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { projectId, temporaryBranchId: branchId, databaseName, parentBranchId } = migration;
  try {
    const { diff } = await api.read(
      (sdk, options) =>
        sdk.branches.compareSchema(
          { projectId, branchId, databaseName, baseBranchId: parentBranchId },
          options,
        ),
      signal,
    );
    return diff ?? "";
  } catch (error) {
    log.warn("the schemas of two branches could not be compared", { error: messageOf(error) });
    return undefined;
  }
}
