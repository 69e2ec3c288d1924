import process from "node:process";
import { createCli } from "@trestle/cli";
import { type Clock, LOCAL_PRINCIPAL, type Logger } from "@trestle/protocol";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { type Config, config } from "../config.ts";
import { server } from "../server.ts";
import { openState, type State } from "../state.ts";
import type { Caller } from "../workflows/workflows.ts";
import { addAutomation } from "./automation.ts";
import { addExecutions } from "./executions.ts";
import { addSwarms } from "./swarms.ts";
import { addWorkflows } from "./workflows.ts";

export const cli = createCli<Config, State & { readonly caller: Caller }>({
  name: "trestle-orchestrator",
  description: "Durable workflows and swarms, from the command line.",
  settings: "--orchestrator-agents <file>",
  server,
  config,
  open,
  add(to) {
    for (const add of [addWorkflows, addExecutions, addAutomation, addSwarms]) add(to);
  },
});

/** Asks the process that runs the executions of this home; where there is none, this one does while it lasts. */
async function open(parts: {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}) {
  const { MCP_BRIDGE_URL: url, MCP_API_KEY: key } = process.env;
  const host = createStandaloneHost({
    ...parts,
    ...(url ? { bridge: { url, ...(key ? { key } : {}) } } : {}),
  });
  const state = openState(host, parts.config);
  const grant = { principal: LOCAL_PRINCIPAL, scopes: ["*:*"], token: "standalone" };
  return {
    ...state,
    caller: { principal: LOCAL_PRINCIPAL, grant: JSON.stringify(grant) },
    async close() {
      await state.close();
      await host.close();
    },
  };
}
