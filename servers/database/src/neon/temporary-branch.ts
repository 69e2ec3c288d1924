import type { Branch } from "@neon/sdk";
import { isTrestleError, type TrestleError } from "@trestle/protocol";
import type { NeonApi } from "./api.ts";
import { listBranches } from "./branches.ts";

const PREFIX = "trestle-";

export const temporaryName = (migrationId: string) => `${PREFIX}${migrationId}`;

/** Was it made by prepare_migration, of this server or of another? */
export const isTemporaryName = (name: string) => /^trestle-mig-[0-9a-f]+$/.test(name);

interface Wanted {
  readonly projectId: string;
  readonly parentId: string;
  readonly name: string;
  readonly expiresAt: string;
}

/** Makes a branch that Neon removes by itself, where the account may have such; else one that stays. */
export async function createTemporaryBranch(
  api: NeonApi,
  { projectId, parentId, name, expiresAt }: Wanted,
  signal: AbortSignal,
): Promise<Branch> {
  const create = (expiry: { expires_at?: string }) =>
    api.change(
      `create the branch "${name}"`,
      (sdk, options) =>
        sdk.branches.create({ projectId, name, parent_id: parentId, ...expiry }, options),
      signal,
    );
  try {
    return await create({ expires_at: expiresAt });
  } catch (error) {
    if (!refusesExpiry(error)) throw error;
    return create({});
  }
}

/** Removes a branch; that it is gone already is as good. */
export async function removeBranch(
  api: NeonApi,
  { projectId, branchId }: { projectId: string; branchId: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.change(
      `delete the branch ${branchId}`,
      (sdk, options) => sdk.branches.delete({ projectId, branchId }, options),
      signal,
    );
  } catch (error) {
    if (!isTrestleError(error) || error.code !== "not_found") throw error;
  }
}

/** Removes a branch of which only the name is known for sure. */
export async function removeByName(
  api: NeonApi,
  { projectId, name }: { projectId: string; name: string },
  signal: AbortSignal,
): Promise<void> {
  const branches = await listBranches(api, projectId, signal);
  const found = branches.find((branch) => branch.name === name);
  if (found) await removeBranch(api, { projectId, branchId: found.id }, signal);
}

function refusesExpiry(error: unknown): error is TrestleError {
  return (
    isTrestleError(error) &&
    (error.code === "denied" || error.code === "invalid_input") &&
    /expir|early access/i.test(error.message)
  );
}
