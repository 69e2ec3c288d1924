import type {
  Branch,
  BranchCreateRequest,
  ConnectionDetails,
  CreateProjectBranchResponses,
  DeleteProjectBranchResponses,
  GetProjectBranchResponses,
  ListProjectBranchesResponses,
  Operation,
  RestoreProjectBranchResponses,
} from "@neon/sdk";
import { ApiError } from "./api-error.ts";
import { findBranch, findProject } from "./find.ts";
import type { Parts, Request } from "./parts.ts";
import { newBranch, newDatabase, newEndpoint, newOperation, newRole } from "./shapes.ts";
import type { BranchRecord, ProjectRecord } from "./world.ts";

export function listBranches(
  parts: Parts,
  { ids, query }: Request,
): ListProjectBranchesResponses[200] {
  const search = query.get("search") ?? "";
  const all = [...findProject(parts, ids[0]).branches.values()]
    .map(({ branch }) => branch)
    .filter(({ id, name }) => id.includes(search) || name.includes(search));
  const start = Number(query.get("cursor") ?? 0);
  const end = start + Number(query.get("limit") ?? 100);
  return {
    branches: all.slice(start, end),
    annotations: {},
    pagination: end < all.length ? { next: String(end) } : {},
  };
}

export function getBranch(parts: Parts, { ids }: Request): GetProjectBranchResponses[200] {
  const { branch } = findBranch(findProject(parts, ids[0]), ids[1]);
  return { branch, annotation: { object: { type: "console/branch", id: branch.id }, value: {} } };
}

export async function createBranch(
  parts: Parts,
  { ids, body }: Request,
): Promise<CreateProjectBranchResponses[201]> {
  const record = findProject(parts, ids[0]);
  const { branch: wanted = {}, endpoints = [] } = body as BranchCreateRequest;
  if (wanted.expires_at !== undefined && !parts.options.expiry) {
    throw new ApiError(403, "expires_at is limited to participants in the Early Access Program");
  }
  const taken = [...record.branches.values()].some(({ branch }) => branch.name === wanted.name);
  if (taken) throw new ApiError(409, `branch with name "${wanted.name}" already exists`);
  const parent = wanted.parent_id
    ? findBranch(record, wanted.parent_id)
    : findBranch(record, defaultBranch(record).id);
  const held = await makeBranch(parts, record, {
    ...wanted,
    parent,
    databases: parent.databases.map(({ shown }) => shown.name),
    compute: endpoints.length > 0,
  });
  return {
    branch: held.branch,
    endpoints: held.endpoint ? [held.endpoint] : [],
    roles: [held.role],
    databases: held.databases.map(({ shown }) => shown),
    operations: record.operations.filter(({ branch_id }) => branch_id === held.branch.id),
    connection_uris: held.databases.map(({ shown }) => connectionDetails(parts, held, shown.name)),
  };
}

export async function deleteBranch(
  parts: Parts,
  { ids }: Request,
): Promise<DeleteProjectBranchResponses[200]> {
  const record = findProject(parts, ids[0]);
  const held = findBranch(record, ids[1]);
  const { branch } = held;
  if (branch.default) throw new ApiError(422, "cannot delete the default branch");
  if (branch.protected) throw new ApiError(422, "cannot delete a protected branch");
  if (childrenOf(record, branch.id).length > 0) {
    throw new ApiError(422, "cannot delete a branch that has children");
  }
  for (const { real } of held.databases) await parts.databases.drop(real);
  record.branches.delete(branch.id);
  return {
    branch,
    operations: schedule(parts, record, held, ["suspend_compute", "delete_timeline"]),
  };
}

export async function restoreBranch(
  parts: Parts,
  { ids, body }: Request,
): Promise<RestoreProjectBranchResponses[200]> {
  const record = findProject(parts, ids[0]);
  const held = findBranch(record, ids[1]);
  const { source_branch_id, preserve_under_name } = body as {
    source_branch_id: string;
    preserve_under_name?: string;
  };
  const source = findBranch(record, source_branch_id);
  if (childrenOf(record, held.branch.id).length > 0 && preserve_under_name === undefined) {
    throw new ApiError(422, "branch has children: preserve_under_name is required");
  }
  if (preserve_under_name === undefined) {
    for (const { real } of held.databases) await parts.databases.drop(real);
  } else {
    preserve(parts, record, held, preserve_under_name);
  }
  held.databases = await copyDatabases(parts, held.branch.id, source);
  held.branch = { ...held.branch, last_reset_at: parts.world.now() };
  return { branch: held.branch, operations: schedule(parts, record, held, ["create_timeline"]) };
}

interface WantedBranch {
  readonly name?: string;
  readonly parent?: BranchRecord;
  readonly databases: readonly string[];
  readonly compute: boolean;
  readonly expires_at?: string;
  readonly protected?: boolean;
}

export async function makeBranch(
  parts: Parts,
  record: ProjectRecord,
  wanted: WantedBranch,
): Promise<BranchRecord> {
  const { world, options } = parts;
  const branch = newBranch(world, record.project, {
    name: wanted.name,
    parent_id: wanted.parent?.branch.id,
    expires_at: wanted.expires_at,
    protected: wanted.protected,
  });
  const held: BranchRecord = {
    branch,
    endpoint: wanted.compute ? newEndpoint(world, record.project, branch.id) : undefined,
    role: newRole(world, branch.id, options.role),
    password: wanted.parent?.password ?? `npg_Secret${world.next()}OfTheTestkit`,
    databases: wanted.parent
      ? await copyDatabases(parts, branch.id, wanted.parent)
      : await freshDatabases(parts, branch.id, wanted.databases),
  };
  record.branches.set(branch.id, held);
  const start = held.endpoint ? (["start_compute"] as const) : [];
  schedule(parts, record, held, ["create_branch", ...start]);
  return held;
}

export function connectionDetails(
  { databases, options }: Parts,
  held: BranchRecord,
  name: string,
): ConnectionDetails {
  const found = held.databases.find(({ shown }) => shown.name === name);
  if (found === undefined) throw new ApiError(404, `database ${name} not found`);
  if (held.endpoint === undefined) throw new ApiError(404, "the branch has no compute endpoint");
  const { password, endpoint } = held;
  return {
    connection_uri: databases.url(found.real, { name: options.role, password }),
    connection_parameters: {
      database: name,
      password,
      role: options.role,
      host: endpoint.host,
      pooler_host: endpoint.host.replace(".", "-pooler."),
    },
  };
}

function schedule(
  { world }: Parts,
  record: ProjectRecord,
  held: BranchRecord,
  actions: readonly Operation["action"][],
): Operation[] {
  const ids = {
    project_id: record.project.id,
    branch_id: held.branch.id,
    endpoint_id: held.endpoint?.id,
  };
  const operations = actions.map((action) => newOperation(world, ids, action));
  record.operations.unshift(...operations);
  return operations;
}

function defaultBranch(record: ProjectRecord): Branch {
  const found = [...record.branches.values()].find(({ branch }) => branch.default);
  if (found === undefined) throw new ApiError(404, "no default branch");
  return found.branch;
}

function childrenOf(record: ProjectRecord, id: string): BranchRecord[] {
  return [...record.branches.values()].filter(({ branch }) => branch.parent_id === id);
}

/** What the branch held goes on under another name, and its children with it. */
function preserve(parts: Parts, record: ProjectRecord, held: BranchRecord, name: string): void {
  const { parent_id } = held.branch;
  const kept: BranchRecord = {
    ...held,
    endpoint: undefined,
    branch: newBranch(parts.world, record.project, { name, parent_id }),
  };
  record.branches.set(kept.branch.id, kept);
  for (const child of childrenOf(record, held.branch.id)) {
    child.branch = { ...child.branch, parent_id: kept.branch.id };
  }
}

function copyDatabases(
  { world, databases, options }: Parts,
  branchId: string,
  parent: BranchRecord,
): Promise<BranchRecord["databases"]> {
  return Promise.all(
    parent.databases.map(async ({ shown, real: from }) => {
      const real = `${options.prefix}_${world.next()}`;
      await databases.copy(from, real);
      return { real, shown: newDatabase(world, branchId, shown.name, shown.owner_name) };
    }),
  );
}

function freshDatabases(
  { world, databases, options }: Parts,
  branchId: string,
  names: readonly string[],
): Promise<BranchRecord["databases"]> {
  return Promise.all(
    names.map(async (name) => {
      const real = `${options.prefix}_${world.next()}`;
      await databases.create(real);
      return { real, shown: newDatabase(world, branchId, name, options.role) };
    }),
  );
}
