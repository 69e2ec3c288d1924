import * as z from "zod";

/** What the tools of Neon are told, in the same words. */
export const projectId = z
  .string()
  .min(1)
  .optional()
  .describe("Id of the project, as list_projects tells it; NEON_PROJECT_ID where left out");

export const branchId = z
  .string()
  .min(1)
  .optional()
  .describe("Id (br-…) or name of the branch; NEON_BRANCH_ID or the default branch where left out");

export const namedBranch = z.string().min(1).describe("Id (br-…) or name of the branch");

export const databaseName = z
  .string()
  .min(1)
  .optional()
  .describe("Where left out, the only database of the branch");

/** Reads of Neon's API: nothing changes, but what there is may. */
export const READS = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: true,
} as const;

/** As other servers name these arguments. */
export const PROJECT_ALIASES = { project_id: "projectId" } as const;
export const BRANCH_ALIASES = {
  ...PROJECT_ALIASES,
  branch_id: "branchId",
  branchIdOrName: "branchId",
} as const;
