import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { messageOf, TrestleError } from "@trestle/protocol";
import { isDamage, sqliteCode, toStoreError } from "./sqlite-errors.ts";

/**
 * One step of a schema. The position in the list is its version, so steps are only ever added at the
 * end. No transaction statements inside: all steps that are missing run in one.
 */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

export interface MigrateOptions {
  readonly file: string;
  readonly migrations: readonly Migration[];
}

/**
 * Brings a database to the newest known schema, whoever else may be at it. A database that holds
 * something is copied to `FILE.v<N>.bak` first. Throws `unsupported` for a schema newer than known.
 */
export function migrate(database: DatabaseSync, { file, migrations }: MigrateOptions): void {
  refuseNewer(database, { file, migrations });
  if (schemaVersion(database) === migrations.length) return;
  database.exec("BEGIN EXCLUSIVE");
  try {
    refuseNewer(database, { file, migrations });
    const version = schemaVersion(database);
    if (version < migrations.length && holdsAnything(database)) backUp(file, version);
    for (const [index, migration] of migrations.entries()) {
      if (index >= version) runMigration(database, file, migration);
    }
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version);
}

/** Throws `unsupported` where the file's schema is newer than this program. */
export function refuseNewer(database: DatabaseSync, { file, migrations }: MigrateOptions): void {
  requireKnownSchema(database, file, migrations.length);
}

export function requireKnownSchema(database: DatabaseSync, file: string, known: number): void {
  const found = schemaVersion(database);
  if (found <= known) return;
  throw new TrestleError(
    "unsupported",
    `${file} has schema version ${found}, and this program knows only up to ${known}. ` +
      "Upgrade this program, or use another data folder.",
    { details: { file, found, known } },
  );
}

function runMigration(database: DatabaseSync, file: string, { name, sql }: Migration): void {
  try {
    database.exec(sql);
  } catch (error) {
    const reason = toStoreError(error, file);
    throw new TrestleError(
      reason.code === "unavailable" ? "unavailable" : "internal",
      `Migration "${name}" of ${file} failed and nothing was changed: ${messageOf(error)}. ` +
        "Make room on the disk or report this with the message; the data is as it was.",
      { cause: error },
    );
  }
}

function holdsAnything(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined;
}

/**
 * Copies the last committed state while our own transaction, still empty, keeps every other writer
 * out. VACUUM INTO cannot run inside a transaction, hence the second connection.
 */
function backUp(file: string, version: number): void {
  const backup = `${file}.v${version}.bak`;
  const draft = `${backup}.tmp`;
  rmSync(draft, { force: true });
  // Made by us, so that nobody else can read it.
  closeSync(openSync(draft, "wx", 0o600));
  let source: DatabaseSync | undefined;
  try {
    source = new DatabaseSync(file, { readOnly: true });
    source.prepare("VACUUM INTO ?").run(draft);
    const written = openSync(draft, "r+");
    fsyncSync(written);
    closeSync(written);
    renameSync(draft, backup);
  } catch (error) {
    rmSync(draft, { force: true });
    const code = sqliteCode(error);
    const advice = isDamage(code)
      ? "restore an earlier copy of it"
      : "make room on the disk and try again";
    throw new TrestleError(
      "unavailable",
      `Cannot back ${file} up to ${backup} before migrating it: ${messageOf(error)}. ` +
        `Nothing was changed; ${advice}.`,
      { cause: error, details: code === undefined ? {} : { sqlite: code } },
    );
  } finally {
    source?.close();
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has done so itself
  }
}
