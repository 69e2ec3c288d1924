import type { Branch } from "@neon/sdk";
import type { PreparedMigrations } from "./prepared.ts";

/** A migration that is being prepared has no branch for a while. */
const GRACE_MS = 3_600_000;

/**
 * Forgets prepared migrations whose branch is gone, by its expiry or by somebody's hand. What was being
 * applied is kept: somebody has to look at it.
 */
export function forgetGone(
  prepared: PreparedMigrations,
  known: { projectId: string; branches: readonly Pick<Branch, "name">[]; now: number },
): void {
  const names = new Set(known.branches.map(({ name }) => name));
  for (const { stage, migration } of prepared.list(known.projectId)) {
    const { id, branchName, preparedAt } = migration;
    const old = Date.parse(preparedAt) < known.now - GRACE_MS;
    if (old && stage !== "applying" && !names.has(branchName)) prepared.remove(id);
  }
}
