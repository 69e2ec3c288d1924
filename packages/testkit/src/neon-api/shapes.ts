import type {
  Branch,
  Database,
  Endpoint,
  Operation,
  Project,
  ProjectListItem,
  Role,
} from "@neon/sdk";
import type { World } from "./world.ts";

const REGION = "aws-eu-central-1";
const OWNER = "org-testkit-1";

export function newProject(
  world: World,
  wanted: { name?: string; region_id?: string; pg_version?: number },
): Project {
  const id = `quiet-river-${10_000_000 + world.next()}`;
  const at = world.now();
  return {
    id,
    name: wanted.name ?? id,
    region_id: wanted.region_id ?? REGION,
    pg_version: wanted.pg_version ?? 17,
    platform_id: "aws",
    provisioner: "k8s-neonvm",
    proxy_host: "eu-central-1.aws.neon.tech",
    branch_logical_size_limit: 512,
    branch_logical_size_limit_bytes: 536_870_912,
    store_passwords: true,
    creation_source: "neonctl",
    history_retention_seconds: 86_400,
    owner_id: OWNER,
    org_id: OWNER,
    created_at: at,
    updated_at: at,
    consumption_period_start: at,
    consumption_period_end: at,
    data_storage_bytes_hour: 0,
    data_transfer_bytes: 0,
    written_data_bytes: 0,
    compute_time_seconds: 0,
    active_time_seconds: 0,
    cpu_used_sec: 0,
  };
}

export function toListItem(project: Project): ProjectListItem {
  const {
    data_storage_bytes_hour: _storage,
    data_transfer_bytes: _transfer,
    written_data_bytes: _written,
    compute_time_seconds: _compute,
    active_time_seconds,
    consumption_period_start: _start,
    consumption_period_end: _end,
    owner: _owner,
    maintenance_scheduled_for: _maintenance,
    ...listed
  } = project;
  return { ...listed, active_time: active_time_seconds };
}

export function newBranch(
  world: World,
  project: Project,
  wanted: {
    name?: string | undefined;
    parent_id?: string | undefined;
    expires_at?: string | undefined;
    protected?: boolean | undefined;
  },
): Branch {
  const id = `br-still-sun-${20_000_000 + world.next()}`;
  const at = world.now();
  return {
    id,
    project_id: project.id,
    ...(wanted.parent_id === undefined
      ? {}
      : { parent_id: wanted.parent_id, parent_timestamp: at }),
    name: wanted.name ?? id,
    current_state: "init",
    pending_state: "ready",
    state_changed_at: at,
    creation_source: "neonctl",
    default: wanted.parent_id === undefined,
    protected: wanted.protected ?? false,
    cpu_used_sec: 0,
    compute_time_seconds: 0,
    active_time_seconds: 0,
    written_data_bytes: 0,
    data_transfer_bytes: 0,
    created_at: at,
    updated_at: at,
    init_source: "parent-data",
    ...(wanted.expires_at === undefined ? {} : { expires_at: wanted.expires_at }),
  };
}

export function newEndpoint(world: World, project: Project, branchId: string): Endpoint {
  const id = `ep-cool-leaf-${30_000_000 + world.next()}`;
  const at = world.now();
  return {
    id,
    host: `${id}.${project.proxy_host}`,
    project_id: project.id,
    branch_id: branchId,
    autoscaling_limit_min_cu: 0.25,
    autoscaling_limit_max_cu: 2,
    region_id: project.region_id,
    type: "read_write",
    current_state: "init",
    pending_state: "active",
    settings: {},
    pooler_enabled: false,
    pooler_mode: "transaction",
    disabled: false,
    passwordless_access: true,
    creation_source: "neonctl",
    created_at: at,
    updated_at: at,
    proxy_host: project.proxy_host,
    suspend_timeout_seconds: 0,
    provisioner: project.provisioner,
  };
}

export function newRole(world: World, branchId: string, name: string): Role {
  const at = world.now();
  return { branch_id: branchId, name, protected: false, created_at: at, updated_at: at };
}

export function newDatabase(world: World, branchId: string, name: string, owner: string): Database {
  const at = world.now();
  return {
    id: world.next(),
    branch_id: branchId,
    name,
    owner_name: owner,
    created_at: at,
    updated_at: at,
  };
}

export function newOperation(
  world: World,
  ids: { project_id: string; branch_id?: string; endpoint_id?: string | undefined },
  action: Operation["action"],
): Operation {
  const at = world.now();
  const { endpoint_id, ...others } = ids;
  return {
    id: `00000000-0000-4000-8000-${String(world.next()).padStart(12, "0")}`,
    ...others,
    ...(endpoint_id === undefined ? {} : { endpoint_id }),
    action,
    status: "scheduling",
    failures_count: 0,
    created_at: at,
    updated_at: at,
    total_duration_ms: 0,
  };
}
