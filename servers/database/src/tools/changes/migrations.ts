import { join } from "node:path";
import { type ToolContext, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { migrate, type RanMigration } from "../../migrations/migrate.ts";
import type { Plan } from "../../migrations/plan.ts";
import type { State } from "../../state.ts";

/** What the tools of migrations share. */

/** For all of a run; a lock is waited for much less. */
const MIGRATION_TIMEOUT_MS = 3_600_000;

export function migrationsFolder({
  state,
  host,
}: Pick<ToolContext<State>, "state" | "host">): string {
  return state.config.migrationsDir ?? join(host.dataDir, "migrations");
}

/** Throws `denied` with the setting that would allow it. */
export function checkAdmin({ state }: Pick<ToolContext<State>, "state">): void {
  const { mode } = state.database;
  if (mode === "admin") return;
  throw new TrestleError(
    "denied",
    `Migrations change the structure of the database, and its mode is ${mode}. The setting DATABASE_MODE=admin allows them.`,
  );
}

export const steps = z.array(
  z.object({
    name: z.string(),
    sql: z.string(),
    destructive: z.boolean().describe("Drops, truncates, or writes without a condition"),
  }),
);

export const runOutput = z.object({
  dryRun: z.boolean(),
  migrations: steps.describe("What ran, in that order; in a dry run what would"),
  ms: z.number().optional(),
});

export function shown({ steps: planned }: Plan): z.output<typeof steps> {
  return planned.map(({ file, sql, destructive }) => ({ name: file.name, sql, destructive }));
}

export function runPlan(
  plan: Plan,
  direction: "up" | "down",
  context: ToolContext<State>,
): Promise<RanMigration[]> {
  const { state, clock, signal } = context;
  const total = plan.steps.length;
  return migrate(state.database, {
    ...{ direction, clock, signal, timeoutMs: MIGRATION_TIMEOUT_MS },
    folder: migrationsFolder(context),
    all: plan.all,
    migrations: plan.steps.map(({ file }) => file),
    onStart: (name, at) => context.progress({ progress: at, total, message: name }),
  });
}
