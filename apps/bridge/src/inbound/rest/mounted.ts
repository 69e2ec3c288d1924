import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Answer, Route } from "./route.ts";
import { toCallAnswer } from "./tool.ts";

/** What the tool answered is the data; its own error is told as that of any call. */
function toAnswer(data: JsonObject): Answer {
  const answer = toCallAnswer(data);
  const { result } = data;
  const isGood = answer.error === undefined && isJsonObject(result);
  return isGood && isJsonObject(result.structuredContent)
    ? { ...answer, data: result.structuredContent }
    : answer;
}

const CALL = { toAnswer, facts: "call" } as const;

export const mountedRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "workflows", operation: "workflows", ...CALL },
    summary: "The workflows that are registered, and the templates.",
  },
  {
    ...{ method: "POST", path: "workflow/execute", operation: "workflow_execute", ...CALL },
    summary: "Start a workflow.",
  },
  {
    ...{ method: "GET", path: "workflow/executions", operation: "workflow_executions", ...CALL },
    summary: "Executions, the newest first.",
  },
  {
    ...{
      method: "GET",
      path: "workflow/executions/:id",
      operation: "workflow_execution",
      ...CALL,
    },
    summary: "How far an execution is.",
  },
  {
    method: "POST",
    path: "workflow/executions/:id/cancel",
    operation: "workflow_cancel",
    ...CALL,
    summary: "Cancel it.",
  },
  {
    ...{ method: "POST", path: "swarm/create", operation: "swarm_create", ...CALL },
    summary: "Make a swarm of agents.",
  },
  {
    ...{ method: "GET", path: "swarm/:id", operation: "swarm_get", ...CALL },
    summary: "How it does.",
  },
  {
    ...{ method: "POST", path: "database/query", operation: "database_query", ...CALL },
    summary: "Run a statement, a transaction, or the migrations that wait.",
  },
];
