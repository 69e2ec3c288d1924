import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { heartbeat, joinSwarm, leaveSwarm } from "./swarm-agents.ts";
import { createSwarm, destroySwarm, getSwarm, listSwarms, scaleSwarm } from "./swarm-lifecycle.ts";
import { memoryGet, memoryPut, memorySearch } from "./swarm-memory.ts";
import {
  acknowledge,
  readInbox,
  releaseFiles,
  reserveFiles,
  sendMessage,
  whoHolds,
} from "./swarm-sharing.ts";
import { cancelTask, decomposeTask, getResults, submitTask } from "./swarm-tasks.ts";
import { claimTask, completeTask, failTask, handoffTask, renewLease, vote } from "./swarm-work.ts";

/** In the order of use: the swarm, its tasks, an agent's work, and what agents share. */
export const swarmTools: readonly ToolDefinition<State>[] = [
  createSwarm,
  listSwarms,
  getSwarm,
  scaleSwarm,
  destroySwarm,
  submitTask,
  decomposeTask,
  cancelTask,
  getResults,
  joinSwarm,
  leaveSwarm,
  heartbeat,
  claimTask,
  renewLease,
  completeTask,
  failTask,
  handoffTask,
  vote,
  reserveFiles,
  releaseFiles,
  whoHolds,
  sendMessage,
  readInbox,
  acknowledge,
  memoryPut,
  memoryGet,
  memorySearch,
];
