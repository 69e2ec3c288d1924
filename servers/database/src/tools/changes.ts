import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { compareSchemas } from "./changes/compare-schemas.ts";
import { createMigration } from "./changes/create-migration.ts";
import { migrationStatus } from "./changes/migration-status.ts";
import { rollbackMigration } from "./changes/rollback-migration.ts";
import { runMigrations } from "./changes/run-migrations.ts";

/** Migrations, and how two schemas differ. */
export const changeTools: readonly ToolDefinition<State>[] = [
  createMigration,
  runMigrations,
  rollbackMigration,
  migrationStatus,
  compareSchemas,
];
