import { type OpenSqliteOptions, openSqlite } from "@trestle/store";
import type { RunStore } from "../run-store.ts";
import { runMigrations } from "./migrations.ts";
import { createSqliteRunStore } from "./sqlite-run-store.ts";

/** Runs in one SQLite file, made and migrated where needed. */
export async function openSqliteRuns(
  options: Omit<OpenSqliteOptions, "migrations">,
): Promise<RunStore> {
  return createSqliteRunStore(await openSqlite({ ...options, migrations: runMigrations }));
}
