import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { Completion } from "../../neon/complete-migration.ts";
import type { PreparedMigration } from "../../neon/prepared.ts";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";

const input = z.object({
  migrationId: z.string().min(1).describe("As prepare_migration told it"),
  applyChanges: z
    .boolean()
    .default(true)
    .describe("false: remove the temporary branch and change nothing"),
  confirm: confirmArgument,
});

const output = z.object({
  migrationId: z.string(),
  projectId: z.string(),
  parentBranchId: z.string(),
  applied: z
    .boolean()
    .nullable()
    .describe("null: not known, since the server ended while it was being applied"),
  statements: z.array(z.object({ command: z.string(), rowCount: z.int().nullable() })),
  sameSchema: z
    .boolean()
    .nullable()
    .describe("Has the parent now the schema that was tried? null: not compared"),
  temporaryBranchRemoved: z.boolean(),
  hint: z.string().optional(),
});

export const completeMigration = defineTool<typeof input, typeof output, State>({
  name: "complete_migration",
  title: "Complete a migration",
  description:
    "Applies a prepared migration to its parent branch, or throws it away, and removes the temporary branch.",
  profile: "all",
  aliases: ["complete_database_migration"],
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
  async run({ migrationId, applyChanges, confirm }, context) {
    const { scope, migrations } = context.state.neon;
    scope.requireAdmin("complete migrations");
    const { migration, stage } = migrations.get(migrationId);
    if (applyChanges && migration.destructive && stage === "prepared") {
      const question = confirmDeed(context, toDeed(migration), confirm);
      if (question) return question;
    }
    const complete = applyChanges ? migrations.apply : migrations.discard;
    return toOutput(await whileRunning(context, () => complete(migrationId, context.signal)));
  },
});

function toDeed({ id, parentBranchId, databaseName, statements }: PreparedMigration) {
  const lines = statements.map((sql) => (sql.length > 200 ? `${sql.slice(0, 200)} …` : sql));
  return {
    object: id,
    action: `Apply to ${databaseName} on the Neon branch ${parentBranchId}, which loses data by it: ${lines.join("; ")}.`,
  };
}

function toOutput(completion: Completion): z.input<typeof output> {
  const { migration, applied, reports, sameSchema, branchLeft } = completion;
  const hints = [
    sameSchema === false &&
      "The parent's schema is not the one that was tried: it had changed meanwhile. Look at it.",
    branchLeft &&
      `The temporary branch ${branchLeft} is still there: call this again to remove it.`,
  ].filter((hint) => typeof hint === "string");
  return {
    migrationId: migration.id,
    projectId: migration.projectId,
    parentBranchId: migration.parentBranchId,
    applied: applied ?? null,
    statements: [...reports],
    sameSchema: sameSchema ?? null,
    temporaryBranchRemoved: branchLeft === undefined,
    ...(hints.length > 0 ? { hint: hints.join(" ") } : {}),
  };
}
