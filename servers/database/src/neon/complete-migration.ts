import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { findBranch } from "./branches.ts";
import { compareSchemas, connectTo, type MigrationParts } from "./migration-parts.ts";
import type { Kept, PreparedMigration } from "./prepared.ts";
import { runStatements, type StatementReport } from "./run-statements.ts";
import { removeBranch, removeByName } from "./temporary-branch.ts";

export interface Completion {
  readonly migration: PreparedMigration;
  readonly reports: readonly StatementReport[];
  /** Undefined where the server ended while it was being applied. */
  readonly applied: boolean | undefined;
  /** The branch that could not be removed now. Asking again removes it. */
  readonly branchLeft: string | undefined;
  /** Has the parent now exactly the schema that was tried? Undefined where that could not be told. */
  readonly sameSchema: boolean | undefined;
}

/** Runs a prepared migration on the parent branch, once, and removes the temporary one. */
export async function applyMigration(
  parts: MigrationParts,
  { stage, migration }: Kept,
  signal: AbortSignal,
): Promise<Completion> {
  const { id, statements } = migration;
  if (stage === "applied") return finish(parts, migration, { applied: true, reports: [] }, signal);
  if (stage === "preparing") throw notReady(id);
  if (stage === "applying") throw interrupted(migration);
  for (const sql of statements) await parts.guard.check(sql);
  const { url } = await connectTo(parts, migration, migration.parentBranchId, signal);
  await checkBranch(parts, migration, signal);
  if (!parts.prepared.move(id, "prepared", "applying")) throw interrupted(migration);
  const reports = await runStatements(parts.openDatabase, { url, statements }, signal).catch(
    (error: unknown) => {
      throw notApplied(parts, migration, error);
    },
  );
  parts.prepared.move(id, "applying", "applied");
  return finish(parts, migration, { applied: true, reports }, signal);
}

/** Removes the temporary branch and leaves its parent as it is. */
export async function discardMigration(
  parts: MigrationParts,
  { stage, migration }: Kept,
  signal: AbortSignal,
): Promise<Completion> {
  const applied = stage === "applying" ? undefined : stage === "applied";
  return finish(parts, migration, { applied, reports: [] }, signal);
}

function notApplied(
  { prepared }: MigrationParts,
  { id, parentBranchId }: PreparedMigration,
  error: unknown,
): unknown {
  if (!isTrestleError(error) || error.code === "outcome_unknown") return error;
  prepared.move(id, "applying", "prepared");
  const { code, retryable, details } = error;
  return new TrestleError(
    code,
    `On the parent branch ${parentBranchId} the migration failed, and nothing of it was kept there. ${error.message}`,
    { retryable, ...(details ? { details } : {}), cause: error },
  );
}

/** What was tried has to be there still: nothing is applied that nobody could look at. */
async function checkBranch(
  { api, scope, prepared }: MigrationParts,
  { id, projectId, temporaryBranchId }: PreparedMigration,
  signal: AbortSignal,
): Promise<void> {
  try {
    await findBranch({ api, scope }, { projectId, branch: temporaryBranchId }, signal);
  } catch (error) {
    if (!isTrestleError(error) || error.code !== "not_found") throw error;
    prepared.remove(id);
    throw new TrestleError(
      "not_found",
      "The temporary branch is gone, since it expired or somebody deleted it. Nothing was applied: prepare the migration again.",
    );
  }
}

async function finish(
  parts: MigrationParts,
  migration: PreparedMigration,
  done: { applied: boolean | undefined; reports: readonly StatementReport[] },
  signal: AbortSignal,
): Promise<Completion> {
  const { api, prepared, connections, log } = parts;
  const { id, projectId, temporaryBranchId, branchName: name } = migration;
  const sameSchema =
    done.reports.length > 0 && temporaryBranchId
      ? await compareSchemas(parts, { ...migration, temporaryBranchId }, signal)
      : undefined;
  const outcome = {
    migration,
    ...done,
    sameSchema: sameSchema === undefined ? undefined : sameSchema === "",
  };
  try {
    if (temporaryBranchId === undefined) await removeByName(api, { projectId, name }, signal);
    else await removeBranch(api, { projectId, branchId: temporaryBranchId }, signal);
  } catch (error) {
    if (!done.applied) throw error;
    log.warn("a temporary branch is left", { branch: name, error: messageOf(error) });
    return { ...outcome, branchLeft: temporaryBranchId ?? name };
  }
  prepared.remove(id);
  if (temporaryBranchId) connections.forget(temporaryBranchId);
  return { ...outcome, branchLeft: undefined };
}

function notReady(id: string): TrestleError {
  return new TrestleError(
    "conflict",
    `${id} was never prepared to its end. Pass applyChanges: false to remove its branch, then prepare the migration again.`,
  );
}

function interrupted({ id, parentBranchId }: PreparedMigration): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `${id} is being applied, or was when the server ended: it may have reached the parent branch ${parentBranchId}. Look at the parent's schema, then pass applyChanges: false to remove the temporary branch.`,
  );
}
