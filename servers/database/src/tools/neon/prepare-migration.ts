import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { Preparation } from "../../neon/prepare-migration.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { whileRunning } from "../while-running.ts";
import { BRANCH_ALIASES, branchId, databaseName, projectId } from "./arguments.ts";

const MOST_DIFF = 30_000;

const input = z.object({
  migrationSql: z
    .string()
    .min(1)
    .describe("SQL statements; run in one transaction, a single one by itself"),
  projectId,
  branchId: branchId.describe(
    "Id or name of the branch to change in the end; the default branch where left out",
  ),
  databaseName,
});

const statement = z.object({
  command: z.string(),
  rowCount: z.int().nullable().describe("Rows written"),
});

const output = z.object({
  migrationId: z.string().describe("What complete_migration takes"),
  projectId: z.string(),
  parentBranchId: z.string(),
  databaseName: z.string(),
  temporaryBranch: z.object({
    id: z.string().describe("For run_sql's branchId: look whether all is right"),
    name: z.string(),
    expiresAt: z.string().nullable().describe("null: it stays until somebody removes it"),
  }),
  statements: z.array(statement),
  destructive: z.boolean().describe("It drops or empties something; the user is asked at the end"),
  schemaDiff: z
    .string()
    .nullable()
    .describe("From the parent's schema to the branch's; empty where only rows changed"),
  next: z.string(),
});

export const prepareMigration = defineTool<typeof input, typeof output, State>({
  name: "prepare_migration",
  title: "Prepare a migration",
  description:
    "Tries a schema change on a temporary Neon branch and reports what it does; nothing else changes. Look at the branch with run_sql, then complete_migration.",
  profile: "all",
  aliases: ["prepare_database_migration"],
  argumentAliases: BRANCH_ALIASES,
  input,
  output,
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  content: (result) => untrustedContent(result, result.next),
  async run(wanted, context) {
    const { scope, migrations } = context.state.neon;
    scope.requireAdmin("prepare migrations");
    return toOutput(await whileRunning(context, () => migrations.prepare(wanted, context.signal)));
  },
});

function toOutput({ migration, reports, schemaDiff }: Preparation): z.input<typeof output> {
  const { id, projectId, parentBranchId, databaseName, branchName, destructive } = migration;
  return {
    migrationId: id,
    projectId,
    parentBranchId,
    databaseName,
    temporaryBranch: {
      id: migration.temporaryBranchId,
      name: branchName,
      expiresAt: migration.expiresAt ?? null,
    },
    statements: [...reports],
    destructive,
    schemaDiff: schemaDiff === undefined ? null : cut(schemaDiff),
    next: `Try it with run_sql and branchId: "${migration.temporaryBranchId}". Then complete_migration with migrationId: "${id}" applies it to ${parentBranchId}; with applyChanges: false it is thrown away.`,
  };
}

function cut(diff: string): string {
  if (diff.length <= MOST_DIFF) return diff;
  return `${diff.slice(0, MOST_DIFF)}\n… ${diff.length - MOST_DIFF} more characters`;
}
