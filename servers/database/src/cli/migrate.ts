import { join } from "node:path";
import { table } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { checkMigrationSql } from "../migrations/check.ts";
import { createMigrationFile, readMigrations } from "../migrations/file.ts";
import { migrate } from "../migrations/migrate.ts";
import { type Plan, planMigrations } from "../migrations/plan.ts";
import { problemsOf, readApplied, statusOf } from "../migrations/status.ts";
import { countFor } from "./options.ts";
import type { DatabaseCli, Place } from "./place.ts";

interface RunOptions {
  readonly count?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const TIMEOUT_MS = 24 * 3_600_000;

export function addMigrate({ program, runs }: DatabaseCli): void {
  const group = program.command("migrate").description("write, run, take back and list migrations");
  group
    .command("create")
    .description("write the file of a new migration")
    .argument("<words...>", "what it does: add guests")
    .option("--up <sql>", "SQL that does it; to be filled in where left out")
    .option("--down <sql>", "SQL that takes it back")
    .option("--no-transaction", "for one statement that Postgres runs outside transactions only")
    .option("--json", "print the answer as JSON")
    .action(runs(create));
  const withRun = (name: "up" | "down", description: string): void => {
    group
      .command(name)
      .description(description)
      .option(
        "--count <number>",
        name === "up" ? "only the next so many" : "the last so many, instead of one",
        countFor("--count"),
      )
      .option("--dry-run", "only print the SQL that would run")
      .option("--yes", "do not ask")
      .option("--json", "print the answer as JSON")
      .action(runs((place, options: RunOptions) => runSome(name, place, options)));
  };
  withRun("up", "run the migrations that wait, all of them or none");
  withRun("down", "take the last migration back");
  group
    .command("status")
    .description("list what is applied and what waits; exit code 1 where something is wrong")
    .option("--json", "print the answer as JSON")
    .action(runs(status));
}

function folderOf({ config, dataDir }: Place): string {
  return config.migrationsDir ?? join(dataDir, "migrations");
}

interface CreateOptions {
  readonly up?: string;
  readonly down?: string;
  readonly transaction: boolean;
  readonly json?: boolean;
}

/** A person at a shell may write files; only what runs them needs the mode. */
async function create(place: Place, words: string[], options: CreateOptions): Promise<number> {
  const { up, down, transaction } = options;
  const name = words.join(" ");
  const guard = {
    ...place.state.guard,
    check: async () => ({ kind: "change", destructive: false }) as const,
  };
  for (const sql of [up, down]) if (sql) await checkMigrationSql(sql, { guard, name, transaction });
  const migration = { name, transaction, ...(up ? { up } : {}), ...(down ? { down } : {}) };
  const file = await createMigrationFile(folderOf(place), migration, place.clock.now());
  place.terminal.print(
    options.json ? JSON.stringify({ name: file.name, path: file.path }) : file.path,
  );
  return EXIT.ok;
}

async function runSome(
  direction: "up" | "down",
  place: Place,
  options: RunOptions,
): Promise<number> {
  const { state, terminal, clock, signal } = place;
  const { database, guard } = state;
  if (database.mode !== "admin")
    throw new TrestleError(
      "denied",
      `Migrations change the structure, and the mode is ${database.mode}: --database-mode admin allows them.`,
    );
  const { count, dryRun, json } = options;
  const folder = folderOf(place);
  const plan = await planMigrations(database, { folder, guard, direction, count, signal });
  const names = plan.steps.map(({ file }) => file.name);
  if (dryRun) {
    terminal.print(json ? JSON.stringify(namesAndSql(plan), null, 2) : sqlOf(plan));
    return EXIT.ok;
  }
  if (names.length === 0) {
    terminal.print(json ? "[]" : "Nothing waits to be run.");
    return EXIT.ok;
  }
  const risky = plan.steps.some(({ destructive }) => destructive) ? " Data may be lost." : "";
  const question = `${direction === "up" ? "Apply" : "Take back"} ${names.join(", ")}?${risky}`;
  if (!(await place.confirm(question, options.yes))) return EXIT.failed;
  const ran = await migrate(database, {
    ...{ folder, direction, clock, signal, timeoutMs: TIMEOUT_MS, all: plan.all },
    migrations: plan.steps.map(({ file }) => file),
    onStart: (name, at) => terminal.status(`${at + 1} of ${names.length}: ${name}`),
  });
  const lines = ran.map(
    ({ name, ms }) => `${direction === "up" ? "applied" : "taken back"}  ${name}  ${ms} ms`,
  );
  terminal.print(json ? JSON.stringify(ran) : lines.join("\n"));
  return EXIT.ok;
}

function namesAndSql({ steps }: Plan) {
  return steps.map(({ file, sql, destructive }) => ({ name: file.name, sql, destructive }));
}

function sqlOf({ steps }: Plan): string {
  if (steps.length === 0) return "-- Nothing waits to be run.";
  return steps
    .map(({ file, sql }) => `-- ${file.name}\n${sql}\n`)
    .join("\n")
    .trimEnd();
}

async function status(place: Place, { json }: { readonly json?: boolean }): Promise<number> {
  const { state, terminal, signal } = place;
  const files = await readMigrations(folderOf(place));
  const entries = statusOf(files, await readApplied(state.database, { signal }));
  const problems = problemsOf(entries);
  if (json) terminal.print(JSON.stringify({ migrations: entries, problems }, null, 2));
  else if (entries.length === 0) terminal.print(`There are no migrations in ${folderOf(place)}.`);
  else {
    const rows = entries.map(({ name, state: how, appliedAt }) => [how, name, appliedAt ?? ""]);
    terminal.print(table(["state", "name", "applied"], rows, terminal));
  }
  for (const problem of problems) terminal.warn(problem);
  return problems.length > 0 ? EXIT.failed : EXIT.ok;
}
