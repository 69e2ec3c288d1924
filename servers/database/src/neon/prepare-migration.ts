import type { Branch } from "@neon/sdk";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import type { ConnectionTarget } from "./connections.ts";
import { compareSchemas, connectTo, type MigrationParts } from "./migration-parts.ts";
import type { PreparedMigration } from "./prepared.ts";
import { runStatements, type StatementReport } from "./run-statements.ts";
import { splitStatements } from "./statements.ts";
import { createTemporaryBranch, removeByName, temporaryName } from "./temporary-branch.ts";

export interface Preparation {
  readonly migration: PreparedMigration & { readonly temporaryBranchId: string };
  readonly reports: readonly StatementReport[];
  /** A unified diff from the parent's schema to the branch's; undefined where Neon could not tell. */
  readonly schemaDiff: string | undefined;
}

/** Neon removes a forgotten branch after a day. */
const LIFETIME_MS = 86_400_000;
/** Cleaning up goes on when the caller has left. */
const CLEANUP_MS = 60_000;

/** Runs a migration on a branch made for it. Where it fails the branch goes again. */
export async function prepareMigration(
  parts: MigrationParts,
  wanted: ConnectionTarget & { migrationSql: string },
  signal: AbortSignal,
): Promise<Preparation> {
  const { statements, destructive } = await checkScript(parts, wanted.migrationSql);
  const parent = await parts.connections.databaseFor(wanted, signal);
  const id = parts.newId();
  const branchName = temporaryName(id);
  const { projectId, databaseName, roleName, branchId: parentBranchId } = parent;
  const facts = { projectId, databaseName, roleName, parentBranchId };
  const preparedAt = new Date(parts.clock.now()).toISOString();
  const draft: PreparedMigration = {
    id,
    ...facts,
    branchName,
    statements,
    destructive,
    preparedAt,
  };
  // Before the branch is made: one that nobody waits for any more is known by its name at least.
  parts.prepared.save(draft, "preparing");
  try {
    const branch = await makeBranch(parts, draft, signal);
    const migration = {
      ...draft,
      temporaryBranchId: branch.id,
      ...(branch.expires_at ? { expiresAt: branch.expires_at } : {}),
    };
    const { url } = await connectTo(parts, migration, branch.id, signal);
    const reports = await runStatements(parts.openDatabase, { url, statements }, signal).catch(
      (error: unknown) => {
        throw onBranch(error);
      },
    );
    const schemaDiff = await compareSchemas(parts, migration, signal);
    parts.prepared.save(migration, "prepared");
    parts.prepared.remove(id, "preparing");
    return { migration, reports, schemaDiff };
  } catch (error) {
    throw await cleanUp(parts, draft, error);
  }
}

/** Every statement has to pass what the operator allows; which of them take something away is remembered. */
async function checkScript(
  { guard }: MigrationParts,
  script: string,
): Promise<{ statements: string[]; destructive: boolean }> {
  const statements = await splitStatements(script);
  if (statements.length === 0) {
    throw new TrestleError("invalid_input", "There is no statement in migrationSql.");
  }
  let destructive = false;
  for (const [index, sql] of statements.entries()) {
    const accepted = await guard.check(sql).catch((error: unknown) => {
      throw statements.length === 1 ? error : numbered(error, index + 1, statements.length);
    });
    destructive ||= accepted.destructive;
  }
  return { statements, destructive };
}

function makeBranch(
  { api, clock }: MigrationParts,
  { projectId, branchName: name, parentBranchId: parentId }: PreparedMigration,
  signal: AbortSignal,
): Promise<Branch> {
  // Neon takes whole seconds only.
  const expiresAt = new Date(clock.now() + LIFETIME_MS).toISOString().replace(/\.\d+Z$/, "Z");
  return createTemporaryBranch(api, { projectId, parentId, name, expiresAt }, signal);
}

/** The branch goes when its migration failed; where it does not, the error says its name. */
async function cleanUp(
  { api, prepared, log }: MigrationParts,
  { id, projectId, branchName: name }: PreparedMigration,
  error: unknown,
): Promise<unknown> {
  try {
    await removeByName(api, { projectId, name }, AbortSignal.timeout(CLEANUP_MS));
    prepared.remove(id);
    return error;
  } catch (failure) {
    log.warn("a temporary branch is left", { branch: name, error: messageOf(failure) });
    if (!isTrestleError(error)) return error;
    const left = `The temporary branch "${name}" could not be removed: delete_branch removes it.`;
    const { code, retryable, details } = error;
    return new TrestleError(code, `${error.message} ${left}`, {
      retryable,
      ...(details ? { details } : {}),
      cause: error,
    });
  }
}

function numbered(error: unknown, number: number, count: number): unknown {
  if (!isTrestleError(error)) return error;
  const { code, retryable, details, message } = error;
  return new TrestleError(code, `Statement ${number} of ${count}: ${message}`, {
    retryable,
    ...(details ? { details } : {}),
  });
}

function onBranch(error: unknown): unknown {
  if (!isTrestleError(error) || error.code === "cancelled") return error;
  // Whatever became of the branch, it goes.
  const code = error.code === "outcome_unknown" ? "unavailable" : error.code;
  const { retryable, details, message } = error;
  return new TrestleError(
    code,
    `The migration failed on its temporary branch; the parent was not touched. ${message}`,
    { retryable, ...(details ? { details } : {}), cause: error },
  );
}
