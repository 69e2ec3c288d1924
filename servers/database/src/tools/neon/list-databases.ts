import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findBranch } from "../../neon/branches.ts";
import type { State } from "../../state.ts";
import { untrustedContent } from "../untrusted.ts";
import { BRANCH_ALIASES, branchId, projectId, READS } from "./arguments.ts";

const input = z.object({ projectId, branchId });

const output = z.object({
  projectId: z.string(),
  branchId: z.string(),
  databases: z.array(
    z.object({ name: z.string(), owner: z.string().describe("A role"), createdAt: z.string() }),
  ),
});

export const listDatabases = defineTool<typeof input, typeof output, State>({
  name: "list_databases",
  title: "List databases",
  description: "Lists the databases on a Neon branch, with their owners.",
  profile: "all",
  argumentAliases: BRANCH_ALIASES,
  input,
  output,
  hints: READS,
  content: (result) => untrustedContent(result),
  async run(wanted, { state, signal }) {
    const { api, scope } = state.neon;
    const projectId = scope.projectOf(wanted.projectId);
    const branch = await findBranch({ api, scope }, { projectId, branch: wanted.branchId }, signal);
    const branchId = branch.id;
    const databases = await api.read(
      (sdk, options) => sdk.postgres.databases.list({ projectId, branchId }, options),
      signal,
    );
    const shown = databases.map(({ name, owner_name, created_at }) => ({
      name,
      owner: owner_name,
      createdAt: created_at,
    }));
    return { projectId, branchId, databases: shown };
  },
});
