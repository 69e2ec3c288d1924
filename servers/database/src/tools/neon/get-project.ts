import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { listBranches } from "../../neon/branches.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { PROJECT_ALIASES, projectId, READS } from "./arguments.ts";
import { branchShape, projectShape, toBranches, toProject } from "./shapes.ts";

const input = z.object({ projectId });

const output = projectShape.extend({
  historySeconds: z.int().describe("How far back a branch can be restored"),
  storageBytes: z.int().nullable(),
  computeSeconds: z.number().describe("Of this billing period"),
  branches: z.array(branchShape),
});

export const getProject = defineTool<typeof input, typeof output, State>({
  name: "get_project",
  title: "Describe a Neon project",
  description: "Describes a Neon project: region, Postgres version, use of it, branches.",
  profile: "all",
  aliases: ["describe_project"],
  argumentAliases: PROJECT_ALIASES,
  input,
  output,
  hints: READS,
  content: (result) => untrustedContent(result),
  async run(wanted, { state, signal }) {
    const { api, scope } = state.neon;
    const projectId = scope.projectOf(wanted.projectId);
    const [project, branches] = await Promise.all([
      api.read((sdk, options) => sdk.projects.get({ projectId }, options), signal),
      listBranches(api, projectId, signal),
    ]);
    return {
      ...toProject(project),
      historySeconds: project.history_retention_seconds,
      storageBytes: project.synthetic_storage_size ?? null,
      computeSeconds: project.compute_time_seconds,
      branches: toBranches(state.neon, projectId, branches),
    };
  },
});
