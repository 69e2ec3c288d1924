import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { maskPassword } from "../../neon/connections.ts";
import type { State } from "../../state.ts";
import { BRANCH_ALIASES, branchId, databaseName, projectId, READS } from "./arguments.ts";

const input = z.object({
  projectId,
  branchId,
  databaseName,
  roleName: z.string().min(1).optional().describe("The database's owner where left out"),
  pooled: z.boolean().default(true).describe("Through the pooler, for many short connections"),
  reveal: z
    .boolean()
    .default(false)
    .describe("With its password; only in DATABASE_MODE=admin. It stays in the conversation"),
});

const output = z.object({
  projectId: z.string(),
  branchId: z.string(),
  databaseName: z.string(),
  roleName: z.string(),
  connectionString: z.string(),
  masked: z.boolean().describe("The password is left out"),
});

export const getConnectionString = defineTool<typeof input, typeof output, State>({
  name: "get_connection_string",
  title: "Get a connection string",
  description:
    "Tells how to connect to a database on a Neon branch, without its password unless asked for.",
  profile: "all",
  argumentAliases: BRANCH_ALIASES,
  input,
  output,
  hints: READS,
  async run({ reveal, ...target }, { state, signal }) {
    const { scope, connections } = state.neon;
    if (reveal) scope.requireAdmin("reveal passwords");
    const { url, ...facts } = await connections.databaseFor(target, signal);
    const connectionString = reveal ? url : maskPassword(url);
    return { ...facts, connectionString, masked: !reveal };
  },
});
