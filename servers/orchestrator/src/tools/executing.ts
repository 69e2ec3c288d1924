// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { defineTool, type ToolContext } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import type { Execution } from "../workflows/execution.ts";
import { untilEnded } from "./as-task.ts";
import { callerOf } from "./caller.ts";
import { follow } from "./following.ts";
import { CALLS, READS, STOPS } from "./hints.ts";
import { execution, executionId, status, stepId, workflowId } from "./shapes.ts";

type Answer = z.output<typeof execution>;

/** Checked on its way out by the schema, which says the same in words of its own. */
function answer(given: Execution): Answer {
  return given as Answer;
}

const wait = z
  .number()
  .min(0)
  .max(120)
  .optional()
  .describe("Seconds to wait for the end before answering with what there is");

const executeInput = z.object({
  workflow: workflowId,
  version: z.string().max(64).optional().describe("Without it the one registered last"),
  input: z.record(z.string(), z.json()).optional().describe("Values of its inputs, by name"),
  context: z
    .record(z.string(), z.json())
    .optional()
    .describe(
      "Seen as ${metadata.x}, and as inputs of these names where the workflow declares them",
    ),
  wait_seconds: wait,
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("The same key gives the same execution, however often it is asked for"),
});

export const executeWorkflow = defineTool<typeof executeInput, typeof execution, State>({
  name: "execute_workflow",
  title: "Execute a workflow",
  description:
    "Starts a registered workflow; it is durable when this answers, and goes on over crashes. Waits up to wait_seconds (20) for the end; after that ask get_execution with the executionId. A client that takes tasks gets one instead.",
  aliases: ["workflow_execute", "workflow_run"],
  input: executeInput,
  output: execution,
  hints: CALLS,
  task: "optional",
  namesTasks: true,
  async run(given, context) {
    const { workflow: id, version, input, context: metadata, wait_seconds: seconds = 20 } = given;
    const key = given.idempotency_key ?? context.idempotencyKey;
    const caller = await callerOf(context);
    const request = {
      id,
      ...(version === undefined ? {} : { version }),
      ...(input === undefined ? {} : { input }),
      ...(metadata === undefined ? {} : { context: metadata }),
      ...(key === undefined ? {} : { idempotencyKey: key }),
    };
    const { workflows } = context.state;
    const ask = (waitMs: number) => workflows.execute({ ...request, waitMs }, caller);
    if (context.task !== undefined) return answer(await untilEnded(ask, { context, caller }));
    return answer(await follow(ask, seconds * 1_000, { context, caller }));
  },
});

const getInput = z.object({ executionId, wait_seconds: wait });

export const getExecution = defineTool<typeof getInput, typeof execution, State>({
  name: "get_execution",
  title: "Get an execution",
  description:
    "How far an execution is: steps, results, errors, and what it waits for (approve_step, signal_execution).",
  aliases: ["workflow_status"],
  input: getInput,
  output: execution,
  hints: READS,
  async run({ executionId: id, wait_seconds: seconds = 0 }, context) {
    const caller = await callerOf(context);
    const ask = (waitMs: number) => context.state.workflows.execution(id, caller, waitMs);
    return answer(await follow(ask, seconds * 1_000, { context, caller }));
  },
});

const listInput = z.object({
  workflow: workflowId.optional(),
  statuses: z.array(status).optional().describe("Only those in one of these"),
  limit: z.int().min(1).max(200).default(20).describe("How many at most"),
  before: executionId.optional().describe("The last executionId of the page before"),
});
const listOutput = z.object({
  executions: z.array(
    z.object({
      executionId: z.string(),
      workflow: z.string(),
      version: z.string(),
      status,
      startedAt: z.string(),
      updatedAt: z.string(),
      parent: z.string().optional(),
    }),
  ),
});

export const listExecutions = defineTool<typeof listInput, typeof listOutput, State>({
  name: "list_executions",
  title: "List executions",
  description: "Your executions, the newest first, by workflow and status.",
  input: listInput,
  output: listOutput,
  hints: READS,
  async run({ workflow, statuses, limit, before }, context) {
    const filter = {
      limit,
      ...(workflow === undefined ? {} : { workflow }),
      ...(statuses === undefined ? {} : { statuses }),
      ...(before === undefined ? {} : { beforeId: before }),
    };
    const runs = await context.state.workflows.executions(filter, await callerOf(context));
    return {
      executions: runs.map(({ id, createdAt, updatedAt, owner: _, ...facts }) => ({
        executionId: id,
        ...facts,
        startedAt: new Date(createdAt).toISOString(),
        updatedAt: new Date(updatedAt).toISOString(),
      })),
    };
  },
});

type Steering = "cancel" | "pause" | "resume";
const oneInput = z.object({ executionId });

function steer(how: Steering) {
  return async ({ executionId: id }: z.output<typeof oneInput>, context: ToolContext<State>) =>
    answer(await context.state.workflows[how](id, await callerOf(context)));
}

export const cancelExecution = defineTool<typeof oneInput, typeof execution, State>({
  name: "cancel_execution",
  title: "Cancel an execution",
  description:
    "Starts nothing more and cancels what is being called. What has ended stays done; it is not undone.",
  aliases: ["workflow_cancel"],
  input: oneInput,
  output: execution,
  hints: STOPS,
  run: steer("cancel"),
});

export const pauseExecution = defineTool<typeof oneInput, typeof execution, State>({
  name: "pause_execution",
  title: "Pause an execution",
  description: "Starts nothing more until resume_execution. What runs goes on to its end.",
  aliases: ["workflow_pause"],
  profile: "all",
  input: oneInput,
  output: execution,
  hints: STOPS,
  run: steer("pause"),
});

export const resumeExecution = defineTool<typeof oneInput, typeof execution, State>({
  name: "resume_execution",
  title: "Resume an execution",
  description: "Goes on with a paused execution, or tries again all steps of one that failed.",
  aliases: ["workflow_resume"],
  input: oneInput,
  output: execution,
  hints: CALLS,
  run: steer("resume"),
});

const stepInput = z.object({ executionId, step: stepId });

export const retryStep = defineTool<typeof stepInput, typeof execution, State>({
  name: "retry_step",
  title: "Retry a step",
  description:
    "Runs a failed step again, and what was skipped because of it. What succeeded stays.",
  profile: "all",
  input: stepInput,
  output: execution,
  hints: CALLS,
  run: async ({ executionId: id, step }, context) =>
    answer(await context.state.workflows.retry(id, step, await callerOf(context))),
});

const approveInput = z.object({
  executionId,
  step: stepId,
  approve: z.boolean().describe("False refuses: the step fails"),
  comment: z.string().max(4_000).optional().describe("Kept with the decision"),
});

export const approveStep = defineTool<typeof approveInput, typeof execution, State>({
  name: "approve_step",
  title: "Approve a step",
  description:
    "Answers a step that asks for approval. Only pass on what a person has decided; never decide in their place.",
  input: approveInput,
  output: execution,
  hints: CALLS,
  async run({ executionId: id, step, approve, comment }, context) {
    const decision = { approved: approve, ...(comment === undefined ? {} : { comment }) };
    return answer(
      await context.state.workflows.decide(id, step, decision, await callerOf(context)),
    );
  },
});

const signalInput = z.object({
  executionId,
  name: z.string().min(1).max(64).describe("As the waiting step names it"),
  payload: z.json().optional().describe("The result of the step that takes it"),
});

export const signalExecution = defineTool<typeof signalInput, typeof execution, State>({
  name: "signal_execution",
  title: "Signal an execution",
  description: "Tells an execution that something happened which one of its steps waits for.",
  profile: "all",
  input: signalInput,
  output: execution,
  hints: CALLS,
  run: async ({ executionId: id, name, payload = null }, context) =>
    answer(
      await context.state.workflows.signal(id, { name, payload } as never, await callerOf(context)),
    ),
});
