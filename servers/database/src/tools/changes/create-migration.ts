import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { checkMigrationSql } from "../../migrations/check.ts";
import { createMigrationFile } from "../../migrations/file.ts";
import type { State } from "../../state.ts";
import { checkAdmin, migrationsFolder } from "./migrations.ts";

const input = z.object({
  name: z.string().min(1).max(200).describe("What it does, in a few words: add guests"),
  up: z
    .string()
    .min(1)
    .optional()
    .describe("SQL that does it; left out for a file to be filled in"),
  down: z.string().min(1).optional().describe("SQL that takes it back"),
  transaction: z
    .boolean()
    .default(true)
    .describe(
      "false for one statement that Postgres runs outside transactions only, such as CREATE INDEX CONCURRENTLY",
    ),
});

const output = z.object({
  name: z.string().describe("What the database will remember it by"),
  path: z.string(),
  canRollBack: z.boolean(),
});

export const createMigration = defineTool<typeof input, typeof output, State>({
  name: "create_migration",
  title: "Create a migration",
  description:
    "Writes a new SQL migration file after those that are there, checked by Postgres' parser; run_migrations runs it. Changes nothing in the database.",
  profile: "all",
  input,
  output,
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  async run({ name, up, down, transaction }, context) {
    checkAdmin(context);
    const { guard } = context.state;
    for (const sql of [up, down])
      if (sql !== undefined) await checkMigrationSql(sql, { guard, name, transaction });
    const migration = { name, transaction, ...(up ? { up } : {}), ...(down ? { down } : {}) };
    const file = await createMigrationFile(
      migrationsFolder(context),
      migration,
      context.clock.now(),
    );
    return { name: file.name, path: file.path, canRollBack: down !== undefined };
  },
});
