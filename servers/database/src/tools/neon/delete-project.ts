import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { listBranches } from "../../neon/branches.ts";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";
import { PROJECT_ALIASES } from "./arguments.ts";

const input = z.object({
  projectId: z.string().min(1).describe("Id of the project; nothing is assumed here"),
  confirm: confirmArgument,
});

const output = z.object({ deleted: z.string(), name: z.string() });

export const deleteProject = defineTool<typeof input, typeof output, State>({
  name: "delete_project",
  title: "Delete a Neon project",
  description: "Deletes a Neon project with all its branches and data. The user is asked.",
  profile: "all",
  argumentAliases: PROJECT_ALIASES,
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
  async run(wanted, context) {
    const { api, scope, prepared, connections } = context.state.neon;
    scope.requireAdmin("delete projects");
    const projectId = scope.projectOf(wanted.projectId);
    const { signal } = context;
    const [{ name }, branches] = await Promise.all([
      api.read((sdk, options) => sdk.projects.get({ projectId }, options), signal),
      listBranches(api, projectId, signal),
    ]);
    const action = `Delete the Neon project "${name}" (${projectId}) with its data on ${branches.length} branches.`;
    const question = confirmDeed(context, { object: projectId, action }, wanted.confirm);
    if (question) return question;
    await whileRunning(context, () =>
      api.change(
        `delete the project ${projectId}`,
        (sdk, options) => sdk.projects.delete({ projectId }, options),
        signal,
      ),
    );
    for (const { migration } of prepared.list(projectId)) prepared.remove(migration.id);
    for (const { id } of branches) connections.forget(id);
    return { deleted: projectId, name };
  },
});
