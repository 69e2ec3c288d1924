import type { Branch } from "@neon/sdk";
import { nearestName, TrestleError } from "@trestle/protocol";
import type { NeonApi } from "./api.ts";
import type { NeonScope } from "./scope.ts";

/** Every branch of a project. */
export function listBranches(
  api: NeonApi,
  projectId: string,
  signal: AbortSignal,
): Promise<Branch[]> {
  return api.read((sdk, options) => sdk.branches.list({ projectId }, options).all(), signal);
}

/** The branch that is meant, by id or by name; the configured one or the default one where none is named. */
export async function findBranch(
  { api, scope }: { api: NeonApi; scope: NeonScope },
  wanted: { projectId: string; branch: string | undefined },
  signal: AbortSignal,
): Promise<Branch> {
  const { projectId } = wanted;
  const branch = wanted.branch ?? scope.branchOf(projectId);
  if (branch?.startsWith("br-")) {
    return api.read(
      (sdk, options) => sdk.branches.get({ projectId, branchId: branch }, options),
      signal,
    );
  }
  const all = await listBranches(api, projectId, signal);
  const found = all.find((it) => (branch === undefined ? it.default : it.name === branch));
  if (found) return found;
  throw noBranch(projectId, branch, all);
}

function noBranch(projectId: string, branch: string | undefined, all: Branch[]): TrestleError {
  if (branch === undefined) {
    return new TrestleError(
      "not_found",
      `The project ${projectId} has no default branch: pass branchId.`,
    );
  }
  const nearest = nearestName(
    branch,
    all.map(({ name }) => name),
  );
  const guess = nearest === undefined ? "list_branches shows them." : `Did you mean "${nearest}"?`;
  return new TrestleError(
    "not_found",
    `The project ${projectId} has no branch named "${branch}". ${guess}`,
  );
}
