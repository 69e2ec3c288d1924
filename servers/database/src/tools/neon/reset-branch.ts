import { confirmArgument, confirmDeed, defineTool, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findBranch } from "../../neon/branches.ts";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";
import { BRANCH_ALIASES, namedBranch, projectId } from "./arguments.ts";

const input = z.object({
  projectId,
  branchId: namedBranch,
  preserveUnderName: z
    .string()
    .min(1)
    .optional()
    .describe("Keeps what the branch held as a branch of this name; needed where it has children"),
  confirm: confirmArgument,
});

const output = z.object({
  projectId: z.string(),
  branchId: z.string(),
  name: z.string(),
  parentId: z.string(),
  preservedAs: z.string().nullable(),
});

export const resetBranch = defineTool<typeof input, typeof output, State>({
  name: "reset_branch",
  title: "Reset a branch",
  description:
    "Makes a Neon branch the same as its parent is now; what was written on it is lost unless preserved. The user is asked.",
  profile: "all",
  aliases: ["reset_from_parent"],
  argumentAliases: BRANCH_ALIASES,
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
  async run({ preserveUnderName, ...wanted }, context) {
    const { api, scope, connections } = context.state.neon;
    scope.requireAdmin("reset branches");
    const projectId = scope.projectOf(wanted.projectId);
    const { signal } = context;
    const branch = await findBranch({ api, scope }, { projectId, branch: wanted.branchId }, signal);
    const { id: branchId, name, parent_id: parentId } = branch;
    if (parentId === undefined) throw noParent(name);
    const lost = preserveUnderName
      ? `What it holds is kept as "${preserveUnderName}".`
      : "What was written on it is lost.";
    const action = `Reset the Neon branch "${name}" (${branchId}) of ${projectId} to its parent. ${lost}`;
    const question = confirmDeed(context, { object: branchId, action }, wanted.confirm);
    if (question) return question;
    const preserve = preserveUnderName ? { preserveUnderName } : {};
    await whileRunning(context, () =>
      api.change(
        `reset the branch ${branchId}`,
        (sdk, options) =>
          sdk.branches.resetFromParent({ projectId, branchId, ...preserve }, options),
        signal,
      ),
    );
    connections.forget(branchId);
    return { projectId, branchId, name, parentId, preservedAs: preserveUnderName ?? null };
  },
});

function noParent(name: string): TrestleError {
  return new TrestleError(
    "invalid_input",
    `The branch "${name}" has no parent to be reset to. Name a branch that was made from another one.`,
  );
}
