import type { Branch } from "@neon/sdk";
import { confirmArgument, confirmDeed, defineTool, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findBranch } from "../../neon/branches.ts";
import { removeBranch } from "../../neon/temporary-branch.ts";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";
import { BRANCH_ALIASES, namedBranch, projectId } from "./arguments.ts";

const input = z.object({ projectId, branchId: namedBranch, confirm: confirmArgument });

const output = z.object({ projectId: z.string(), deleted: z.string(), name: z.string() });

export const deleteBranch = defineTool<typeof input, typeof output, State>({
  name: "delete_branch",
  title: "Delete a branch",
  description: "Deletes a branch of a Neon project with its data. The user is asked.",
  profile: "all",
  argumentAliases: BRANCH_ALIASES,
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
  async run(wanted, context) {
    const { api, scope, prepared, connections } = context.state.neon;
    scope.requireAdmin("delete branches");
    const projectId = scope.projectOf(wanted.projectId);
    const { signal } = context;
    const branch = await findBranch({ api, scope }, { projectId, branch: wanted.branchId }, signal);
    const { id: branchId, name } = branch;
    checkDeletable(branch);
    const action = `Delete the Neon branch "${name}" (${branchId}) of ${projectId} with its data.`;
    const question = confirmDeed(context, { object: branchId, action }, wanted.confirm);
    if (question) return question;
    await whileRunning(context, () => removeBranch(api, { projectId, branchId }, signal));
    connections.forget(branchId);
    for (const { migration } of prepared.list(projectId)) {
      if (migration.branchName === name) prepared.remove(migration.id);
    }
    return { projectId, deleted: branchId, name };
  },
});

/** Neon refuses these, so that the user need not be asked. */
function checkDeletable(branch: Branch): void {
  if (!branch.default && !branch.protected) return;
  const what = branch.default ? "the default branch of its project" : "a protected branch";
  throw new TrestleError(
    "invalid_input",
    `"${branch.name}" (${branch.id}) is ${what}, which Neon does not delete. In its console that can be changed.`,
  );
}
