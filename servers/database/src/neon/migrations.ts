import { TrestleError } from "@trestle/protocol";
import { applyMigration, type Completion, discardMigration } from "./complete-migration.ts";
import type { ConnectionTarget } from "./connections.ts";
import type { MigrationParts } from "./migration-parts.ts";
import { type Preparation, prepareMigration } from "./prepare-migration.ts";
import type { Kept } from "./prepared.ts";

/** The safe way to change a schema: on a branch first, then on its parent. */
export interface Migrations {
  prepare(
    wanted: ConnectionTarget & { migrationSql: string },
    signal: AbortSignal,
  ): Promise<Preparation>;
  /** What is known of a prepared migration. Throws `not_found`. */
  get(id: string): Kept;
  apply(id: string, signal: AbortSignal): Promise<Completion>;
  discard(id: string, signal: AbortSignal): Promise<Completion>;
}

export function createMigrations(parts: MigrationParts): Migrations {
  function get(id: string): Kept {
    const kept = parts.prepared.find(id);
    if (kept) {
      parts.scope.projectOf(kept.migration.projectId);
      return kept;
    }
    throw new TrestleError(
      "not_found",
      `No prepared migration has the id ${id}: it was completed, or prepared by another server. list_branches marks those that wait.`,
    );
  }
  return {
    get,
    prepare: (wanted, signal) => prepareMigration(parts, wanted, signal),
    apply: (id, signal) => applyMigration(parts, get(id), signal),
    discard: (id, signal) => discardMigration(parts, get(id), signal),
  };
}
