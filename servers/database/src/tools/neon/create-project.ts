import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";
import { projectShape, toProject } from "./shapes.ts";

const input = z.object({
  name: z.string().min(1).max(256).describe("What people will call it"),
  region: z.string().min(1).optional().describe("aws-us-east-1, aws-eu-central-1 …"),
  postgresVersion: z.int().min(14).max(18).optional().describe("Neon's default where left out"),
  databaseName: z.string().min(1).optional().describe("Its first database; neondb where left out"),
  orgId: z.string().min(1).optional().describe("The organisation that will own it"),
});

const output = projectShape.extend({
  hint: z.string(),
});

export const createProject = defineTool<typeof input, typeof output, State>({
  name: "create_project",
  title: "Create a Neon project",
  description: "Creates a Neon project with a branch, a database and a compute. It may cost money.",
  profile: "all",
  argumentAliases: { org_id: "orgId" },
  input,
  output,
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  run({ name, region, postgresVersion, databaseName, orgId }, context) {
    const { api, scope } = context.state.neon;
    scope.requireAdmin("create projects");
    const wanted = {
      name,
      ...(region && { region_id: region }),
      ...(postgresVersion && { pg_version: postgresVersion }),
      ...(databaseName && { branch: { database_name: databaseName } }),
      ...(orgId && { org_id: orgId }),
    };
    return whileRunning(context, async () => {
      const project = await api.change(
        `create the project "${name}"`,
        (sdk, options) => sdk.projects.create(wanted, options),
        context.signal,
      );
      const hint = `Name it by projectId: ${project.id}. get_connection_string tells how to connect.`;
      return { ...toProject(project), hint };
    });
  },
});
