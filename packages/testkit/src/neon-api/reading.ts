import type {
  GetConnectionUriResponses,
  GetCurrentUserOrganizationsResponses,
  GetProjectBranchSchemaComparisonResponses,
  GetProjectOperationResponses,
  ListProjectBranchDatabasesResponses,
  ListProjectBranchEndpointsResponses,
  ListProjectBranchRolesResponses,
  ListProjectEndpointsResponses,
  ListProjectOperationsResponses,
} from "@neon/sdk";
import { ApiError } from "./api-error.ts";
import { connectionDetails } from "./branches.ts";
import { findBranch, findProject } from "./find.ts";
import { look } from "./operations.ts";
import type { Parts, Request } from "./parts.ts";
import type { BranchRecord } from "./world.ts";

const branchOf = (parts: Parts, { ids }: Request): BranchRecord =>
  findBranch(findProject(parts, ids[0]), ids[1]);

export function listOrganizations({ world }: Parts): GetCurrentUserOrganizationsResponses[200] {
  const at = world.now();
  return {
    organizations: [
      {
        id: "org-testkit-1",
        name: "Testkit",
        handle: "testkit",
        plan: "free",
        created_at: at,
        updated_at: at,
        managed_by: "console",
      },
    ],
  };
}

export function listEndpoints(parts: Parts, { ids }: Request): ListProjectEndpointsResponses[200] {
  const branches = [...findProject(parts, ids[0]).branches.values()];
  return { endpoints: branches.flatMap(({ endpoint }) => (endpoint ? [endpoint] : [])) };
}

export function listBranchEndpoints(
  parts: Parts,
  request: Request,
): ListProjectBranchEndpointsResponses[200] {
  const { endpoint } = branchOf(parts, request);
  return { endpoints: endpoint ? [endpoint] : [] };
}

export function listDatabases(
  parts: Parts,
  request: Request,
): ListProjectBranchDatabasesResponses[200] {
  return { databases: branchOf(parts, request).databases.map(({ shown }) => shown) };
}

export function listRoles(parts: Parts, request: Request): ListProjectBranchRolesResponses[200] {
  return { roles: [branchOf(parts, request).role] };
}

export function listOperations(
  parts: Parts,
  { ids, query }: Request,
): ListProjectOperationsResponses[200] {
  const { operations } = findProject(parts, ids[0]);
  const start = operations.findIndex(({ id }) => id === query.get("cursor")) + 1;
  const page = operations.slice(start, start + Number(query.get("limit") ?? 100));
  return { operations: page, pagination: { cursor: page.at(-1)?.id ?? "" } };
}

export function getOperation(looked: Map<string, number>) {
  return (parts: Parts, { ids }: Request): GetProjectOperationResponses[200] => {
    const record = findProject(parts, ids[0]);
    const operation = look(parts.world, record, ids[1] ?? "", parts.steps, looked);
    if (operation === undefined) throw new ApiError(404, "operation not found");
    return { operation };
  };
}

export function getConnectionUri(
  parts: Parts,
  { ids, query }: Request,
): GetConnectionUriResponses[200] {
  const record = findProject(parts, ids[0]);
  const wanted = query.get("branch_id");
  const held = wanted
    ? findBranch(record, wanted)
    : [...record.branches.values()].find(({ branch }) => branch.default);
  if (held === undefined) throw new ApiError(404, "branch not found");
  if (query.get("role_name") !== held.role.name) throw new ApiError(404, "role not found");
  return { uri: connectionDetails(parts, held, query.get("database_name") ?? "").connection_uri };
}

export async function compareSchema(
  parts: Parts,
  { ids, query }: Request,
): Promise<GetProjectBranchSchemaComparisonResponses[200]> {
  const record = findProject(parts, ids[0]);
  const held = findBranch(record, ids[1]);
  const base = findBranch(record, query.get("base_branch_id") ?? held.branch.parent_id);
  const name = query.get("db_name") ?? "";
  const diff = await parts.databases.compare(realName(base, name), realName(held, name), name);
  return { diff };
}

function realName(held: BranchRecord, name: string): string {
  const found = held.databases.find(({ shown }) => shown.name === name);
  if (found === undefined) throw new ApiError(404, `database ${name} not found`);
  return found.real;
}
