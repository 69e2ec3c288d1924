import { defineTool, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { findBranch } from "../../neon/branches.ts";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";
import { PROJECT_ALIASES, projectId } from "./arguments.ts";
import { branchShape, toBranches } from "./shapes.ts";

const input = z.object({
  projectId,
  name: z.string().min(1).max(256).optional().describe("Neon makes one up where left out"),
  parentId: z
    .string()
    .min(1)
    .optional()
    .describe("Id or name of the branch to start from; the default branch where left out"),
  expiresAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("When Neon is to remove it, in ISO 8601"),
});

const output = branchShape.extend({ projectId: z.string() });

export const createBranch = defineTool<typeof input, typeof output, State>({
  name: "create_branch",
  title: "Create a branch",
  description:
    "Creates a branch of a Neon project: a copy of its parent with a compute of its own, in seconds.",
  profile: "all",
  argumentAliases: { ...PROJECT_ALIASES, branchName: "name", parent_id: "parentId" },
  input,
  output,
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  run({ name, parentId, expiresAt, ...wanted }, context) {
    const { api, scope } = context.state.neon;
    scope.requireAdmin("create branches");
    const projectId = scope.projectOf(wanted.projectId);
    const expires_at =
      expiresAt === undefined ? undefined : toWholeSeconds(expiresAt, context.clock.now());
    const { signal } = context;
    return whileRunning(context, async () => {
      const parent = await findBranch({ api, scope }, { projectId, branch: parentId }, signal);
      const fields = {
        parent_id: parent.id,
        ...(name && { name }),
        ...(expires_at && { expires_at }),
      };
      const branch = await api.change(
        `create the branch ${name ? `"${name}"` : `of ${parent.id}`}`,
        (sdk, options) => sdk.branches.create({ projectId, ...fields }, options),
        signal,
      );
      // The answer to the creation says in which state it began.
      const made = await api.read(
        (sdk, options) => sdk.branches.get({ projectId, branchId: branch.id }, options),
        signal,
      );
      const [shown] = toBranches(context.state.neon, projectId, [made]);
      return { projectId, ...(shown as NonNullable<typeof shown>) };
    });
  },
});

function toWholeSeconds(time: string, now: number): string {
  const at = new Date(time);
  if (at.getTime() <= now) {
    throw new TrestleError("invalid_input", `expiresAt (${time}) is over: name a time to come.`);
  }
  return at.toISOString().replace(/\.\d+Z$/, "Z");
}
