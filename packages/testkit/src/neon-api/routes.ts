import { createBranch, deleteBranch, getBranch, listBranches, restoreBranch } from "./branches.ts";
import type { Parts, Request } from "./parts.ts";
import { createProject, deleteProject, getProject, listProjects } from "./projects.ts";
import {
  compareSchema,
  getConnectionUri,
  getOperation,
  listBranchEndpoints,
  listDatabases,
  listEndpoints,
  listOperations,
  listOrganizations,
  listRoles,
} from "./reading.ts";

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  readonly answer: (parts: Parts, request: Request) => unknown;
}

/** Every path of the API that there is here. */
export function createRoutes(): Route[] {
  const route = (
    method: string,
    path: string,
    answer: Route["answer"],
    status = method === "POST" ? 201 : 200,
  ): Route => ({
    method,
    status,
    answer,
    path: new RegExp(`^${path.replaceAll("*", "([^/]+)")}$`),
  });
  const branch = "/projects/*/branches/*";
  return [
    route("GET", "/users/me/organizations", listOrganizations),
    route("GET", "/projects", listProjects),
    route("POST", "/projects", createProject),
    route("GET", "/projects/*", getProject),
    route("DELETE", "/projects/*", deleteProject),
    route("GET", "/projects/*/connection_uri", getConnectionUri),
    route("GET", "/projects/*/endpoints", listEndpoints),
    route("GET", "/projects/*/operations", listOperations),
    route("GET", "/projects/*/operations/*", getOperation(new Map())),
    route("GET", "/projects/*/branches", listBranches),
    route("POST", "/projects/*/branches", createBranch),
    route("GET", branch, getBranch),
    route("DELETE", branch, deleteBranch),
    route("POST", `${branch}/restore`, restoreBranch, 200),
    route("GET", `${branch}/endpoints`, listBranchEndpoints),
    route("GET", `${branch}/databases`, listDatabases),
    route("GET", `${branch}/roles`, listRoles),
    route("GET", `${branch}/compare_schema`, compareSchema),
  ];
}
