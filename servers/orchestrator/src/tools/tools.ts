import type { ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import {
  deleteSchedule,
  deleteTrigger,
  listSchedules,
  listTriggers,
  setSchedule,
  setTrigger,
} from "./automating.ts";
import { renderWorkflow } from "./drawing.ts";
import {
  approveStep,
  cancelExecution,
  executeWorkflow,
  getExecution,
  listExecutions,
  pauseExecution,
  resumeExecution,
  retryStep,
  signalExecution,
} from "./executing.ts";
import { deleteWorkflow, getWorkflow, listWorkflows, registerWorkflow } from "./registering.ts";
import { swarmTools } from "./swarms.ts";

/** In the order of `tools/list`: writing workflows, running them, steering what runs; then swarms. */
export const tools: readonly ToolDefinition<State>[] = [
  registerWorkflow,
  listWorkflows,
  getWorkflow,
  renderWorkflow,
  executeWorkflow,
  getExecution,
  listExecutions,
  approveStep,
  cancelExecution,
  resumeExecution,
  pauseExecution,
  retryStep,
  signalExecution,
  deleteWorkflow,
  setSchedule,
  listSchedules,
  deleteSchedule,
  setTrigger,
  listTriggers,
  deleteTrigger,
  ...swarmTools,
];
