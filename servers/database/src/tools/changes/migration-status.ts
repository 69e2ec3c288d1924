import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { readMigrations } from "../../migrations/file.ts";
import { problemsOf, readApplied, statusOf } from "../../migrations/status.ts";
import type { State } from "../../state.ts";
import { migrationsFolder } from "./migrations.ts";

const input = z.object({});

const output = z.object({
  folder: z.string(),
  migrations: z.array(
    z.object({
      name: z.string(),
      state: z
        .enum(["applied", "pending", "late", "missing"])
        .describe(
          "late: not applied, though a later one is; missing: applied, and its file is gone",
        ),
      appliedAt: z.string().optional().describe("ISO 8601"),
      canRollBack: z.boolean(),
    }),
  ),
  pending: z.int().describe("How many wait"),
  problems: z.array(z.string()).describe("What is wrong, and what to do about it"),
});

export const migrationStatus = defineTool<typeof input, typeof output, State>({
  name: "migration_status",
  title: "Migration status",
  description: "Lists the migrations: applied, waiting, out of order, or without their file.",
  profile: "all",
  aliases: ["list_migrations"],
  input,
  output,
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  async run(_nothing, context) {
    const { state, signal } = context;
    const folder = migrationsFolder(context);
    const files = await readMigrations(folder);
    const migrations = statusOf(files, await readApplied(state.database, { signal }));
    const pending = migrations.filter((each) => each.state === "pending").length;
    return { folder, migrations, pending, problems: problemsOf(migrations) };
  },
});
