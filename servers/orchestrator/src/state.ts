import process from "node:process";
import type { Host } from "@trestle/protocol";
import type { ToolContext } from "@trestle-mcp/server-kit";
import type { Config } from "./config.ts";
import type { Automation } from "./schedules/automation.ts";
import { askSwarms, createSwarmsBackend, SWARMS } from "./swarms/share-swarms.ts";
import type { Swarms } from "./swarms/swarms.ts";
import { shareWorkflows } from "./workflows/share.ts";
import type { Caller, Workflows } from "./workflows/workflows.ts";

/** What the tools share. */
export interface State {
  readonly workflows: Workflows & Automation;
  readonly swarms: Swarms;
  /** Id of the server that has the memory of swarms; where it is left out they have it themselves. */
  readonly blackboard: string | undefined;
  close(): Promise<void>;
}

export function openState(given: Host, config: Config): State {
  const { agentsFile, databaseUrl, taskSeconds, blackboard, dataDir = given.dataDir } = config;
  const host = { ...given, dataDir };
  const environment = process.env;
  const taskMs = taskSeconds * 1_000;
  const workflows = shareWorkflows(host, config, {
    prefix: SWARMS,
    open: () => createSwarmsBackend({ host, databaseUrl, taskMs, agentsFile, environment }),
  });
  const { call, close } = workflows;
  return { workflows, swarms: askSwarms(call), blackboard, close };
}

/** Who calls, and a grant that work may use which goes on after the call. */
export async function callerOf({ principal, signal, client, host }: ToolContext): Promise<Caller> {
  const grant = await host.delegate({ principal, signal, client }, principal.scopes ?? ["*:*"]);
  return { principal, grant: JSON.stringify(grant) };
}
