import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findBranch } from "../../neon/branches.ts";
import type { State } from "../../state.ts";
import { BRANCH_ALIASES, branchId, projectId, READS } from "./arguments.ts";

const input = z.object({
  projectId,
  branchId: branchId.describe("Id or name of one branch; all branches where left out"),
});

const output = z.object({
  projectId: z.string(),
  endpoints: z.array(
    z.object({
      id: z.string(),
      branchId: z.string(),
      type: z.string().describe("read_write or read_only"),
      state: z.string().describe("active, idle (it wakes by itself), init"),
      host: z.string(),
      minComputeUnits: z.number(),
      maxComputeUnits: z.number(),
      suspendSeconds: z.number().describe("Idle time until it sleeps; 0: Neon's default"),
      lastActiveAt: z.string().nullable(),
    }),
  ),
});

export const listEndpoints = defineTool<typeof input, typeof output, State>({
  name: "list_endpoints",
  title: "List computes",
  description: "Lists the compute endpoints of a Neon project or branch: state, size, host.",
  profile: "all",
  aliases: ["list_branch_computes"],
  argumentAliases: BRANCH_ALIASES,
  input,
  output,
  hints: READS,
  async run(wanted, { state, signal }) {
    const { api, scope } = state.neon;
    const projectId = scope.projectOf(wanted.projectId);
    const branch = wanted.branchId;
    const branchId = branch && (await findBranch({ api, scope }, { projectId, branch }, signal)).id;
    const endpoints = await api.read(
      (sdk, options) =>
        branchId
          ? sdk.postgres.endpoints.listByBranch({ projectId, branchId }, options)
          : sdk.postgres.endpoints.list({ projectId }, options),
      signal,
    );
    const shown = endpoints.map((endpoint) => ({
      id: endpoint.id,
      branchId: endpoint.branch_id,
      type: endpoint.type,
      state: endpoint.current_state,
      host: endpoint.host,
      minComputeUnits: endpoint.autoscaling_limit_min_cu,
      maxComputeUnits: endpoint.autoscaling_limit_max_cu,
      suspendSeconds: endpoint.suspend_timeout_seconds,
      lastActiveAt: endpoint.last_active ?? null,
    }));
    return { projectId, endpoints: shown };
  },
});
