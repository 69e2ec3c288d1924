import { TrestleError } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";
import type { Catalog } from "../structure/catalog.ts";
import { checkMigrationSql } from "./check.ts";
import { type MigrationFile, readMigrations } from "./file.ts";
import { type MigrationEntry, problemsOf, readApplied, statusOf } from "./status.ts";

/** What would run, read and looked at. */
export interface Plan {
  readonly all: readonly MigrationFile[];
  readonly steps: readonly PlannedMigration[];
}

export interface PlannedMigration {
  readonly file: MigrationFile;
  readonly sql: string;
  /** It drops, truncates, or writes without a condition. */
  readonly destructive: boolean;
}

export interface Planning {
  readonly folder: string;
  readonly guard: Guard;
  readonly direction: "up" | "down";
  /** At most so many; all that wait, or the last one back, where left out. */
  readonly count?: number | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Reads the folder and what is applied, and looks at every statement of what would run. Throws `conflict`
 * where the two do not fit, and what `checkMigrationSql` throws.
 */
export async function planMigrations(catalog: Catalog, planning: Planning): Promise<Plan> {
  const { folder, direction, count, guard, signal } = planning;
  const all = await readMigrations(folder);
  const applied = await readApplied(catalog, signal ? { signal } : {});
  const entries = statusOf(all, applied);
  const [problem] = problemsOf(entries);
  if (problem !== undefined && (direction === "up" || isMissingLast(entries, applied.at(-1)?.name)))
    throw new TrestleError("conflict", `Nothing was run. ${problem}`);
  const names =
    direction === "up"
      ? entries.filter(({ state }) => state === "pending").map(({ name }) => name)
      : applied.map(({ name }) => name).toReversed();
  const chosen = names.slice(0, count ?? (direction === "up" ? names.length : 1));
  const files = chosen.flatMap((name) => all.filter((file) => file.name === name));
  const steps: PlannedMigration[] = [];
  for (const file of files) {
    const sql = direction === "up" ? file.up : wayBack(file);
    const { destructive } = await checkMigrationSql(sql, { guard, ...file });
    steps.push({ file, sql: sql.trim(), destructive });
  }
  return { all, steps };
}

/** What is gone can not be taken back; what was gone before it is no matter. */
function isMissingLast(entries: readonly MigrationEntry[], last: string | undefined): boolean {
  return entries.some(({ name, state }) => state === "missing" && name === last);
}

function wayBack({ name, down }: MigrationFile): string {
  if (down !== undefined) return down;
  throw new TrestleError(
    "unsupported",
    `Migration ${name} has no way back: write one under "-- Down Migration" in its file, or a new migration that undoes it.`,
  );
}
