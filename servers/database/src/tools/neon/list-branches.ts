import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { listBranches as list } from "../../neon/branches.ts";
import { forgetGone } from "../../neon/forget-gone.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { PROJECT_ALIASES, projectId, READS } from "./arguments.ts";
import { branchShape, toBranches } from "./shapes.ts";

const MOST = 500;

const input = z.object({
  projectId,
  search: z.string().min(1).optional().describe("Part of a name or id"),
});

const output = z.object({
  projectId: z.string(),
  branches: z.array(branchShape),
  truncated: z.boolean().describe("There are more: search"),
});

export const listBranches = defineTool<typeof input, typeof output, State>({
  name: "list_branches",
  title: "List branches",
  description:
    "Lists the branches of a Neon project, with those that prepare_migration made and that wait for complete_migration.",
  profile: "all",
  argumentAliases: PROJECT_ALIASES,
  input,
  output,
  hints: READS,
  content: (result) => untrustedContent(result),
  async run({ search = "", ...wanted }, { state, signal, clock }) {
    const { api, scope } = state.neon;
    const projectId = scope.projectOf(wanted.projectId);
    const all = await list(api, projectId, signal);
    forgetGone(state.neon.prepared, { projectId, branches: all, now: clock.now() });
    const found = all.filter(({ id, name }) => id.includes(search) || name.includes(search));
    return {
      projectId,
      branches: toBranches(state.neon, projectId, found.slice(0, MOST)),
      truncated: found.length > MOST,
    };
  },
});
