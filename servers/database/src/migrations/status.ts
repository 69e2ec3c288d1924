import type { Connection } from "../drivers/driver.ts";
import type { Catalog } from "../structure/catalog.ts";
import type { MigrationFile } from "./file.ts";

/** The table that node-pg-migrate keeps, so that both can be used on one database. */
export const MIGRATIONS_TABLE = "pgmigrations";
const TABLE = `public.${MIGRATIONS_TABLE}`;

export interface AppliedMigration {
  readonly name: string;
  /** ISO 8601. */
  readonly appliedAt: string;
}

export interface MigrationEntry {
  readonly name: string;
  /** `missing`: applied, and its file is gone. `late`: not applied, though a later one is. */
  readonly state: "applied" | "pending" | "late" | "missing";
  readonly appliedAt?: string;
  readonly canRollBack: boolean;
}

/** What ran, in the order in which it ran. */
export function readApplied(
  catalog: Catalog,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<AppliedMigration[]> {
  return catalog.read(appliedOf, signal ? { signal } : {});
}

async function appliedOf(connection: Connection): Promise<AppliedMigration[]> {
  const { rows: found } = await connection.run("SELECT to_regclass($1)", [TABLE]);
  if ((found[0]?.[0] ?? null) === null) return [];
  const { rows } = await connection.run(
    `SELECT name, to_char(run_on, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM ${TABLE} ORDER BY run_on, id`,
  );
  return rows.map(([name, appliedAt]) => ({ name: name ?? "", appliedAt: appliedAt ?? "" }));
}

/** Files and what the database remembers, side by side, in the order of the files. */
export function statusOf(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): MigrationEntry[] {
  const ran = new Map(applied.map((each) => [each.name, each]));
  const known = new Set(files.map(({ name }) => name));
  const lastApplied = files.findLastIndex(({ name }) => ran.has(name));
  const missing = applied.filter(({ name }) => !known.has(name));
  return [
    ...missing.map(({ name, appliedAt }) => ({
      ...{ name, appliedAt },
      state: "missing" as const,
      canRollBack: false,
    })),
    ...files.map(({ name, down }, at): MigrationEntry => {
      const { appliedAt } = ran.get(name) ?? {};
      const canRollBack = down !== undefined;
      if (appliedAt !== undefined) return { name, appliedAt, state: "applied", canRollBack };
      return { name, state: at < lastApplied ? "late" : "pending", canRollBack };
    }),
  ];
}

/** What is wrong, and what to do about it; nothing where all is well. */
export function problemsOf(entries: readonly MigrationEntry[]): string[] {
  const named = (state: MigrationEntry["state"]): string =>
    entries
      .filter((entry) => entry.state === state)
      .map(({ name }) => name)
      .join(", ");
  const [late, missing] = [named("late"), named("missing")];
  return [
    ...(late === ""
      ? []
      : [`Not applied although later ones are: ${late}. Give them a number after the last.`]),
    ...(missing === ""
      ? []
      : [
          `Applied, and their files are gone: ${missing}. Bring the files back before you migrate.`,
        ]),
  ];
}
