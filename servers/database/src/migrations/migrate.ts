import { type Clock, isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import type { RunnerOption } from "node-pg-migrate";
import type { Connection } from "../drivers/driver.ts";
import type { Database } from "../postgres/database.ts";
import { isConnectionLost, toDatabaseError } from "../postgres/failures.ts";
import type { MigrationFile } from "./file.ts";
import { MIGRATIONS_TABLE } from "./status.ts";

export interface MigrateOptions {
  readonly folder: string;
  readonly direction: "up" | "down";
  /** What runs, in that order, as it was read and checked. */
  readonly migrations: readonly MigrationFile[];
  /** All that there are, by which the runner sees the order. */
  readonly all: readonly MigrationFile[];
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Before each one runs. */
  readonly onStart?: (name: string, at: number) => void;
}

export interface RanMigration {
  readonly name: string;
  readonly ms: number;
}

/**
 * Whoever waits for a lock holds up all who come after. And the server reads the text as the parser did
 * that looked at it.
 */
const SETTINGS = "SET standard_conforming_strings = on; SET lock_timeout = '30s'";

/**
 * Runs migrations by node-pg-migrate: those beside each other in one transaction, so that all of them are
 * applied and remembered, or none; one that says "no transaction" by itself. Throws `conflict` where
 * somebody else migrates, and the failure of the one that failed, by name.
 */
export async function migrate(
  database: Pick<Database, "session">,
  options: MigrateOptions,
): Promise<RanMigration[]> {
  const { signal, timeoutMs } = options;
  const { runner } = await import("node-pg-migrate");
  const watch = watchOf(options);
  const done: MigrationFile[] = [];
  for (const together of groupsOf(options.migrations)) {
    const work = async (connection: Connection): Promise<void> => {
      await connection.script(SETTINGS);
      const settings = { ...options, migrations: together };
      await runner(runnerOptions(connection, settings, watch.started)).catch((error) => {
        throw inRunnersWords(error) ?? error;
      });
    };
    await database.session(work, { timeoutMs, ...(signal ? { signal } : {}) }).catch((error) => {
      throw explain(error, watch.current(), done);
    });
    done.push(...together);
  }
  return watch.ended();
}

function groupsOf(migrations: readonly MigrationFile[]): MigrationFile[][] {
  const groups: MigrationFile[][] = [];
  for (const migration of migrations) {
    const last = groups.at(-1);
    if (migration.transaction && last?.[0]?.transaction) last.push(migration);
    else groups.push([migration]);
  }
  return groups;
}

function runnerOptions(
  { client }: Connection,
  { folder, direction, migrations, all }: MigrateOptions,
  started: (name: string) => void,
): RunnerOption {
  const known = new Map(all.map((migration) => [migration.name, migration]));
  return {
    dbClient: client,
    dir: folder,
    direction,
    count: migrations.length,
    migrationsTable: MIGRATIONS_TABLE,
    migrationsSchema: "public",
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: "fail",
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    // What is no migration of ours is passed over here as it was when the files were read.
    ignorePattern: "(?:\\..*|.*(?<!\\.sql))",
    migrationLoaderStrategies: [
      {
        extensions: [".sql"],
        async loader(paths) {
          return unitsOf(paths, known, started);
        },
      },
    ],
  };
}

/** The files as they were read and checked, and not as they may be by now. */
function unitsOf(
  paths: readonly string[],
  known: ReadonlyMap<string, MigrationFile>,
  started: (name: string) => void,
) {
  const names = new Set(
    paths.map((path) => /([^/\\]+?)(\.up|\.down)?\.sql$/.exec(path)?.[1] ?? path),
  );
  return [...names].map((name) => {
    const file = known.get(name);
    if (file === undefined)
      throw new TrestleError(
        "conflict",
        `Migration ${name} came into the folder while this began: nothing was run, start again.`,
      );
    const action =
      (sql: string) => (builder: { sql(text: string): void; noTransaction(): void }) => {
        started(name);
        if (!file.transaction) builder.noTransaction();
        builder.sql(sql);
      };
    return {
      id: `${name}.sql`,
      filePaths: [file.path],
      actions: { up: action(file.up), down: file.down === undefined ? false : action(file.down) },
    };
  }) as Awaited<ReturnType<Loader>>;
}

type Loader = Extract<
  NonNullable<RunnerOption["migrationLoaderStrategies"]>[number]["loader"],
  (...args: never[]) => unknown
>;

function watchOf({ clock, onStart }: MigrateOptions) {
  const times: { name: string; at: number }[] = [];
  return {
    started(name: string): void {
      onStart?.(name, times.length);
      times.push({ name, at: clock.now() });
    },
    current: () => times.at(-1)?.name,
    ended(): RanMigration[] {
      const ends = [...times.slice(1).map(({ at }) => at), clock.now()];
      return times.map(({ name, at }, index) => ({ name, ms: (ends[index] ?? at) - at }));
    },
  };
}

function explain(
  error: unknown,
  name: string | undefined,
  done: readonly MigrationFile[],
): TrestleError {
  const known = isTrestleError(error) ? error : toDatabaseError(error);
  const before =
    done.length === 0 ? "" : ` Applied before it: ${done.map((each) => each.name).join(", ")}.`;
  if (isConnectionLost(known) && name !== undefined)
    return new TrestleError(
      "outcome_unknown",
      `The connection ended while migration ${name} was being run: it is applied and remembered, or nothing of it is there. Call migration_status to see which.${before}`,
      { cause: error },
    );
  const { code, retryable, details } = known;
  if (name === undefined || name === done.at(-1)?.name) return known;
  const message = `Migration ${name} failed, and nothing of it was kept: ${known.message}${before}`;
  return new TrestleError(code, message, { retryable, details: { ...details, migration: name } });
}

/** What is the matter, where the runner found it and not the server. */
function inRunnersWords(error: unknown): TrestleError | undefined {
  const { cause } = error as { cause?: unknown };
  if (isTrestleError(cause)) return cause;
  const message = messageOf(error);
  if (message.includes("Another migration is already running"))
    return new TrestleError(
      "conflict",
      "Somebody else migrates this database at the moment: wait until they are done, then call migration_status.",
      { retryable: true },
    );
  const [, late, applied] =
    /Not run migration (\S+) is preceding already run migration (\S+)/.exec(message) ?? [];
  if (late !== undefined)
    return new TrestleError(
      "conflict",
      `Migration ${late} was never applied, and ${applied}, which comes after it, was: give ${late} a number after the last. migration_status shows the order.`,
    );
  const [, why] = /Unable to ensure migrations table: (?:error: )?(.*)/.exec(message) ?? [];
  if (why === undefined) return undefined;
  return new TrestleError(
    "denied",
    `The table public.${MIGRATIONS_TABLE}, which remembers migrations, cannot be made: ${why}. The role needs CREATE on the schema public.`,
  );
}
