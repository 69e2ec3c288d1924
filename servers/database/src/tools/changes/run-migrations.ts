import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { planMigrations } from "../../migrations/plan.ts";
import type { State } from "../../state.ts";
import { checkAdmin, migrationsFolder, runOutput, runPlan, shown } from "./migrations.ts";

const input = z.object({
  count: z.int().min(1).optional().describe("The next so many; all that wait where left out"),
  dryRun: z.boolean().default(false).describe("Only show the SQL that would run"),
  confirm: confirmArgument,
});

export const runMigrations = defineTool<typeof input, typeof runOutput, State>({
  name: "run_migrations",
  title: "Run migrations",
  description:
    "Applies the migration files that wait, in one transaction: all of them or none. Asks the user first; dryRun shows the SQL.",
  profile: "all",
  aliases: ["apply_migrations"],
  input,
  output: runOutput,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  async run({ count, dryRun, confirm }, context) {
    checkAdmin(context);
    const { database, guard } = context.state;
    const folder = migrationsFolder(context);
    const planning = { folder, guard, direction: "up", count, signal: context.signal } as const;
    const plan = await planMigrations(database, planning);
    const migrations = shown(plan);
    if (dryRun || migrations.length === 0) return { dryRun, migrations };
    const object = migrations.map(({ name }) => name).join(", ");
    const question = confirmDeed(context, { object, action: actionOf(migrations) }, confirm);
    if (question !== undefined) return question;
    const ran = await runPlan(plan, "up", context);
    return { dryRun, migrations, ms: ran.reduce((sum, { ms }) => sum + ms, 0) };
  },
});

function actionOf(migrations: readonly { name: string; destructive: boolean }[]): string {
  const destructive = migrations.filter((each) => each.destructive).map(({ name }) => name);
  const warning = destructive.length === 0 ? "" : ` Data may be lost by ${destructive.join(", ")}.`;
  return `Apply ${migrations.map(({ name }) => name).join(", ")} to the database.${warning}`;
}
