import type {
  CreateProjectResponses,
  DeleteProjectResponses,
  GetProjectResponses,
  ListProjectsResponses,
  ProjectCreateRequest,
} from "@neon/sdk";
import { ApiError } from "./api-error.ts";
import { connectionDetails, makeBranch } from "./branches.ts";
import { findProject } from "./find.ts";
import type { Parts, Request } from "./parts.ts";
import { newProject, toListItem } from "./shapes.ts";
import type { ProjectRecord } from "./world.ts";

export function listProjects(parts: Parts, { query }: Request): ListProjectsResponses[200] {
  if (parts.options.orgRequired && !query.get("org_id")) {
    throw new ApiError(
      400,
      "org_id is required, you can find it on your organization settings page",
    );
  }
  const search = query.get("search") ?? "";
  const all = [...parts.world.projects.values()]
    .map(({ project }) => project)
    .filter(({ id, name }) => id.includes(search) || name.includes(search));
  const start = all.findIndex(({ id }) => id === query.get("cursor")) + 1;
  const page = all.slice(start, start + Number(query.get("limit") ?? 10));
  return {
    projects: page.map(toListItem),
    applications: {},
    integrations: {},
    pagination: { cursor: page.at(-1)?.id ?? "" },
  };
}

export function getProject(parts: Parts, { ids }: Request): GetProjectResponses[200] {
  return { project: findProject(parts, ids[0]).project };
}

export async function createProject(
  parts: Parts,
  { body }: Request,
): Promise<CreateProjectResponses[201]> {
  const { project: wanted } = body as ProjectCreateRequest;
  const project = newProject(parts.world, wanted);
  const record: ProjectRecord = { project, branches: new Map(), operations: [] };
  parts.world.projects.set(project.id, record);
  const database = wanted.branch?.database_name ?? "neondb";
  const held = await makeBranch(parts, record, {
    name: wanted.branch?.name ?? "main",
    databases: [database],
    compute: true,
  });
  return {
    project,
    branch: held.branch,
    endpoints: held.endpoint ? [held.endpoint] : [],
    roles: [{ ...held.role, password: held.password }],
    databases: held.databases.map(({ shown }) => shown),
    operations: record.operations,
    connection_uris: [connectionDetails(parts, held, database)],
  };
}

export async function deleteProject(
  parts: Parts,
  { ids }: Request,
): Promise<DeleteProjectResponses[200]> {
  const record = findProject(parts, ids[0]);
  for (const { databases } of record.branches.values()) {
    for (const { real } of databases) await parts.databases.drop(real);
  }
  parts.world.projects.delete(record.project.id);
  return { project: record.project };
}
