import { ApiError } from "./api-error.ts";
import type { BranchRecord, ProjectRecord, World } from "./world.ts";

export function findProject({ world }: { world: World }, id: string | undefined): ProjectRecord {
  const found = world.projects.get(id ?? "");
  if (found === undefined) throw new ApiError(404, "project not found");
  return found;
}

export function findBranch(record: ProjectRecord, id: string | undefined): BranchRecord {
  const found = record.branches.get(id ?? "");
  if (found === undefined) throw new ApiError(404, "branch not found");
  return found;
}
