import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { planMigrations } from "../../migrations/plan.ts";
import type { State } from "../../state.ts";
import { checkAdmin, migrationsFolder, runOutput, runPlan, shown } from "./migrations.ts";

const input = z.object({
  count: z.int().min(1).max(100).default(1).describe("How many, the last one first"),
  dryRun: z.boolean().default(false).describe("Only show the SQL that would run"),
  confirm: confirmArgument,
});

export const rollbackMigration = defineTool<typeof input, typeof runOutput, State>({
  name: "rollback_migration",
  title: "Roll back a migration",
  description:
    "Takes the last applied migration back by its down section, or the last few in one transaction. Asks the user first; dryRun shows the SQL.",
  profile: "all",
  input,
  output: runOutput,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  async run({ count, dryRun, confirm }, context) {
    checkAdmin(context);
    const { database, guard } = context.state;
    const folder = migrationsFolder(context);
    const planning = { folder, guard, direction: "down", count, signal: context.signal } as const;
    const plan = await planMigrations(database, planning);
    const migrations = shown(plan);
    if (dryRun || migrations.length === 0) return { dryRun, migrations };
    const object = migrations.map(({ name }) => name).join(", ");
    const action = `Take back ${object}: what they made is dropped with its data.`;
    const question = confirmDeed(context, { object, action }, confirm);
    if (question !== undefined) return question;
    const ran = await runPlan(plan, "down", context);
    return { dryRun, migrations, ms: ran.reduce((sum, { ms }) => sum + ms, 0) };
  },
});
