import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { BOUNDS } from "../swarms/bounds.ts";
import { ADDS, READS, STOPS } from "./hints.ts";
import {
  counts,
  defined,
  fence,
  fullCost,
  groupFields,
  maybeToken,
  newTask,
  reason,
  swarm,
  task,
  taskStatus,
  taskView,
  toGroup,
  toNewTask,
  whoIs,
} from "./swarm-shapes.ts";

/** A task once more would be another task. */
const ADDS_ANOTHER = { ...ADDS, idempotent: false };

const submitInput = newTask.extend({
  swarm,
  agent_token: maybeToken,
  copies: z.int().min(1).max(BOUNDS.parts).default(1).describe("So many different agents do it"),
  ...groupFields,
  key: z.string().min(1).max(200).optional().describe("The same key gives the same task"),
});

export const submitTask = defineTool<typeof submitInput, typeof taskView, State>({
  name: "submit_task",
  title: "Submit a task",
  description:
    "Adds a task to a swarm. It is ready when what it dependsOn succeeded, and goes to the first agent that may have it.",
  aliases: ["task_orchestrate", "task_create", "coordination_orchestrate"],
  argumentAliases: { swarmId: "swarm", swarm_id: "swarm", task: "title" },
  profile: "all",
  input: submitInput,
  output: taskView,
  hints: ADDS_ANOTHER,
  async run(given, context) {
    const { swarm: id, agent_token: token, copies, key = context.idempotencyKey, ...facts } = given;
    const { aggregate, quorum, voteSeconds, ...one } = facts;
    const group = toGroup({ aggregate, quorum, voteSeconds });
    const request = { ...toNewTask(one), ...group, swarm: id, copies, key };
    return (await context.state.swarms.submit(
      defined(request) as never,
      whoIs(context, token),
    )) as never;
  },
});

const decomposeInput = z.object({
  swarm,
  agent_token: maybeToken,
  task,
  fence: fence.optional().describe("Of your lease, where you have the task in work"),
  parts: z
    .array(newTask)
    .min(1)
    .max(BOUNDS.parts)
    .describe("dependsOn may name the parts before as @1, @2 …"),
  ...groupFields,
});

export const decomposeTask = defineTool<typeof decomposeInput, typeof taskView, State>({
  name: "decompose_task",
  title: "Take a task apart",
  description:
    "Puts parts in the place of a task that has not begun, or that you have in work. Their results make its result.",
  aliases: ["task_decompose"],
  profile: "all",
  input: decomposeInput,
  output: taskView,
  hints: ADDS_ANOTHER,
  async run({ agent_token: token, parts, aggregate, quorum, voteSeconds, ...facts }, context) {
    const group = toGroup({ aggregate, quorum, voteSeconds });
    const request = { ...facts, ...group, parts: parts.map(toNewTask) };
    return (await context.state.swarms.decompose(
      defined(request) as never,
      whoIs(context, token),
    )) as never;
  },
});

const cancelInput = z.object({ swarm, agent_token: maybeToken, task, reason: reason.optional() });

export const cancelTask = defineTool<typeof cancelInput, typeof taskView, State>({
  name: "cancel_task",
  title: "Cancel a task",
  description: "Ends a task that has not ended, its parts, and what depends on it.",
  aliases: ["task_cancel"],
  profile: "all",
  input: cancelInput,
  output: taskView,
  hints: STOPS,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.cancelTask(defined(facts), whoIs(context, token))) as never,
});

const resultsInput = z.object({
  swarm,
  agent_token: maybeToken,
  tasks: z.array(z.string().max(64)).max(200).optional().describe("Only these, by id"),
  statuses: z.array(taskStatus).optional().describe("Only those in one of these"),
  limit: z.int().min(1).max(200).default(50).describe("How many at most"),
  after: z.string().max(64).optional().describe("The last task of the page before"),
});
const side = z.object({
  swarm: z.string(),
  tasks: z.array(taskView),
  counts,
  cost: fullCost,
});
const resultsOutput = side.extend({
  baseline: side.optional().describe("What one agent did alone, on the same budget"),
});

export const getResults = defineTool<typeof resultsInput, typeof resultsOutput, State>({
  name: "get_results",
  title: "Get results",
  description:
    "Tasks with their results, how many are in which state, and what all of it cost: calls, tokens, money, time.",
  aliases: ["task_results", "task_status", "task_list"],
  argumentAliases: { swarmId: "swarm", swarm_id: "swarm" },
  profile: "all",
  input: resultsInput,
  output: resultsOutput,
  hints: READS,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.results(defined(facts), whoIs(context, token))) as never,
});
