import type { ProjectListItem } from "@neon/sdk";
import { isTrestleError } from "@trestle/protocol";
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { NeonApi } from "../../neon/api.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { READS } from "./arguments.ts";
import { projectShape, toProject } from "./shapes.ts";

const MOST = 400;

const input = z.object({
  search: z.string().min(1).optional().describe("Part of a name or id"),
  orgId: z.string().min(1).optional().describe("One organisation; all of the key where left out"),
});

const output = z.object({
  projects: z.array(projectShape),
  truncated: z.boolean().describe("There are more: search"),
});

export const listProjects = defineTool<typeof input, typeof output, State>({
  name: "list_projects",
  title: "List Neon projects",
  description: "Lists the Neon projects that the API key reaches.",
  profile: "all",
  argumentAliases: { org_id: "orgId" },
  input,
  output,
  hints: READS,
  content: (result) => untrustedContent(result),
  async run({ search, orgId }, { state, signal }) {
    const { api, scope } = state.neon;
    const { onlyProject: projectId } = scope;
    if (projectId !== undefined) {
      const project = await api.read((sdk, opts) => sdk.projects.get({ projectId }, opts), signal);
      return { projects: [toProject(project)], truncated: false };
    }
    const query = { limit: MOST, ...(search === undefined ? {} : { search }) };
    const found = await listAll(api, { ...query, ...(orgId ? { org_id: orgId } : {}) }, signal);
    return { projects: found.slice(0, MOST).map(toProject), truncated: found.length > MOST };
  },
});

interface Query {
  readonly limit: number;
  readonly search?: string;
  readonly org_id?: string;
}

/** A personal key lists by organisation only, so each of them is asked. */
async function listAll(
  api: NeonApi,
  query: Query,
  signal: AbortSignal,
): Promise<ProjectListItem[]> {
  const list = (wanted: Query) =>
    api.read((sdk, options) => sdk.projects.list(wanted, options).all(), signal);
  try {
    return await list(query);
  } catch (error) {
    const needsOrganisation = isTrestleError(error) && error.message.includes("org_id");
    if (!needsOrganisation || query.org_id !== undefined) throw error;
  }
  const organisations = await api.read((sdk, options) => sdk.user.organizations(options), signal);
  const lists = await Promise.all(organisations.map(({ id }) => list({ ...query, org_id: id })));
  return lists.flat();
}
