import * as z from "zod";
import { called } from "./answers/calls.ts";
import { jsonObjectField, NO_EFFECT } from "./fields.ts";
import { callMounted, mountedFields, onceField } from "./mounted.ts";
import { defineOperation } from "./operation.ts";

const CALLS = { readOnly: false, destructive: true, idempotent: false, openWorld: true };

const waitField = z
  .int()
  .min(0)
  .max(120)
  .optional()
  .describe("Seconds to wait for its end before this answers with what there is.");
const idField = z.string().min(1).describe("Its `executionId`.");

export const workflows = defineOperation({
  name: "workflows",
  title: "Workflows",
  description: "The workflows that are registered, and the templates that can run as they are.",
  input: z.object({
    templates: z.boolean().default(true).describe("false: without the templates."),
    ...mountedFields,
  }),
  output: called,
  hints: NO_EFFECT,
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["list_workflows"] },
  run: (asked, context, core) =>
    callMounted({ kind: "orchestrator", tool: "list_workflows" }, asked, { context, core }),
});

export const workflowExecute = defineOperation({
  name: "workflow_execute",
  title: "Execute a workflow",
  description: "Starts a workflow. It is durable when this answers, and goes on over crashes.",
  input: z.object({
    workflow: z.string().min(1).max(64).describe("Id of a workflow or a template."),
    version: z.string().max(64).optional().describe("Left out: the one registered last."),
    input: jsonObjectField.optional().describe("Values of its inputs, by name."),
    context: jsonObjectField.optional().describe("Seen by its steps as metadata."),
    wait_seconds: waitField,
    ...onceField,
    ...mountedFields,
  }),
  output: called,
  hints: CALLS,
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["execute_workflow"] },
  untouched: ["input", "context"],
  run: (asked, context, core) =>
    callMounted({ kind: "orchestrator", tool: "execute_workflow" }, asked, { context, core }),
});

export const workflowExecutions = defineOperation({
  name: "workflow_executions",
  title: "Executions of workflows",
  description: "Your executions of workflows, the newest first.",
  input: z.object({
    workflow: z.string().min(1).max(64).optional().describe("Only those of this workflow."),
    statuses: z.array(z.string()).optional().describe("Only those in one of these states."),
    limit: z.int().min(1).max(200).optional().describe("At most so many."),
    before: z.string().optional().describe("The last `executionId` of the page before."),
    ...mountedFields,
  }),
  output: called,
  hints: NO_EFFECT,
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["list_executions"] },
  run: (asked, context, core) =>
    callMounted({ kind: "orchestrator", tool: "list_executions" }, asked, { context, core }),
});

export const workflowExecution = defineOperation({
  name: "workflow_execution",
  title: "One execution of a workflow",
  description: "How far an execution is: its steps, results and errors, and what it waits for.",
  input: z.object({ id: idField, wait_seconds: waitField, ...mountedFields }),
  output: called,
  hints: NO_EFFECT,
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["get_execution"] },
  run: ({ id, ...asked }, context, core) =>
    callMounted(
      { kind: "orchestrator", tool: "get_execution" },
      { executionId: id, ...asked },
      { context, core },
    ),
});

export const workflowCancel = defineOperation({
  name: "workflow_cancel",
  title: "Cancel an execution",
  description:
    "Starts nothing more of it and cancels what is being called. What is done stays done.",
  input: z.object({ id: idField, ...mountedFields }),
  output: called,
  hints: { ...CALLS, idempotent: true },
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["cancel_execution"] },
  run: ({ id, ...asked }, context, core) =>
    callMounted(
      { kind: "orchestrator", tool: "cancel_execution" },
      { executionId: id, ...asked },
      { context, core },
    ),
});
