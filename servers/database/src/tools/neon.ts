import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { completeMigration } from "./neon/complete-migration.ts";
import { createBranch } from "./neon/create-branch.ts";
import { createProject } from "./neon/create-project.ts";
import { deleteBranch } from "./neon/delete-branch.ts";
import { deleteProject } from "./neon/delete-project.ts";
import { getConnectionString } from "./neon/get-connection-string.ts";
import { getProject } from "./neon/get-project.ts";
import { listBranches } from "./neon/list-branches.ts";
import { listDatabases } from "./neon/list-databases.ts";
import { listEndpoints } from "./neon/list-endpoints.ts";
import { listOperations } from "./neon/list-operations.ts";
import { listProjects } from "./neon/list-projects.ts";
import { prepareMigration } from "./neon/prepare-migration.ts";
import { resetBranch } from "./neon/reset-branch.ts";

/** Projects and branches of Neon. */
export const neonTools: readonly ToolDefinition<State>[] = [
  listProjects,
  getProject,
  createProject,
  deleteProject,
  listBranches,
  createBranch,
  deleteBranch,
  resetBranch,
  getConnectionString,
  listDatabases,
  listEndpoints,
  listOperations,
  prepareMigration,
  completeMigration,
];
