import process from "node:process";
import type { Host } from "@trestle/protocol";
import type { Config } from "./config.ts";
import type { Automation } from "./schedules/automation.ts";
import { askSwarms, createSwarmsBackend, SWARMS } from "./swarms/share-swarms.ts";
import type { Swarms } from "./swarms/swarms.ts";
import { shareWorkflows } from "./workflows/share.ts";
import type { Workflows } from "./workflows/workflows.ts";

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
