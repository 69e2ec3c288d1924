import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { BOUNDS } from "../swarms/bounds.ts";
import { callerOf } from "./caller.ts";
import { ADDS, READS, STOPS } from "./hints.ts";
import { sharedMemory } from "./swarm-memory.ts";
import {
  autoScale,
  budget,
  crew,
  defined,
  leaseSeconds,
  maybeToken,
  strategy,
  summary,
  swarm,
  toBudget,
  topology,
  view,
  whoIs,
} from "./swarm-shapes.ts";

const agents = z.int().min(1).max(BOUNDS.agents);

const createInput = z.object({
  name: z.string().min(1).max(100).optional().describe("For people; ids are given"),
  topology: topology
    .default("mesh")
    .describe(
      "Who may message, and give work to, whom. mesh: all; ring: the next one; star: the hub and back; hierarchical: parent and children",
    ),
  strategy: strategy
    .default("parallel")
    .describe(
      "Who is given what. parallel: whoever asks; sequential: one task at a time; balanced: equal shares; adaptive: as many at once as go well",
    ),
  maxAgents: agents.default(8).describe("Agents at once, at most"),
  autoScale: autoScale.optional().describe("How many of the crew run, by the tasks there are"),
  crew: crew
    .optional()
    .describe("Agents that are started for it; without one agents join by join_swarm"),
  agents: z
    .int()
    .min(0)
    .max(BOUNDS.agents)
    .optional()
    .describe("How many of the crew, without autoScale"),
  budget: budget.default({}),
  leaseSeconds: leaseSeconds
    .default(60)
    .describe("How long an agent may be silent before its tasks are given to others"),
  baseline: z
    .boolean()
    .default(false)
    .describe("One agent does the same on the same budget; get_results shows both"),
});
const createOutput = view.extend({
  joinKey: z.string().describe("Shown once: with it other callers may join_swarm"),
});

export const createSwarm = defineTool<typeof createInput, typeof createOutput, State>({
  name: "create_swarm",
  title: "Create a swarm",
  description:
    "Makes a swarm: tasks that agents claim under leases, with files, messages and memory that they share. Then submit_task or decompose_task; agents come by join_swarm, or are started where a crew is named. get_results has what came of it and what it cost.",
  aliases: ["swarm_init"],
  input: createInput,
  output: createOutput,
  hints: { ...ADDS, idempotent: false },
  async run(given, context) {
    const { leaseSeconds: seconds, budget: limit, agents: target, ...facts } = given;
    const { grant, principal } = await callerOf(context);
    const request = { ...facts, target, budget: toBudget(limit), leaseMs: seconds * 1_000, grant };
    return (await context.state.swarms.create(defined(request), { principal })) as never;
  },
});

const listInput = z.object({
  limit: z.int().min(1).max(100).default(20).describe("How many at most"),
});
const listOutput = z.object({ swarms: z.array(summary) });

export const listSwarms = defineTool<typeof listInput, typeof listOutput, State>({
  name: "list_swarms",
  title: "List swarms",
  description: "Your swarms, the newest first, with how many agents and tasks they have.",
  aliases: ["swarm_list"],
  profile: "all",
  input: listInput,
  output: listOutput,
  hints: READS,
  run: async (given, { state, principal }) => ({
    swarms: [...(await state.swarms.list(given, { principal }))],
  }),
});

const oneInput = z.object({ swarm, agent_token: maybeToken });

export const getSwarm = defineTool<typeof oneInput, typeof view, State>({
  name: "get_swarm",
  title: "Get a swarm",
  description:
    "Agents, tasks by state, reserved files, budget and cost of a swarm, as they are now.",
  aliases: ["swarm_status", "swarm_health", "swarm_monitor", "agent_list", "coordination_metrics"],
  argumentAliases: { swarmId: "swarm", swarm_id: "swarm" },
  profile: "all",
  input: oneInput,
  output: view,
  hints: READS,
  run: async ({ swarm: id, agent_token: token }, context) =>
    (await context.state.swarms.get(defined({ swarm: id }), whoIs(context, token))) as never,
});

const destroyInput = z.object({ swarm });
const destroyOutput = z.object({ destroyed: z.boolean() });

export const destroySwarm = defineTool<typeof destroyInput, typeof destroyOutput, State>({
  name: "destroy_swarm",
  title: "Destroy a swarm",
  description: "Ends the work of all agents of a swarm and forgets it, with all its results.",
  aliases: ["swarm_shutdown", "swarm_destroy"],
  argumentAliases: { swarmId: "swarm", swarm_id: "swarm" },
  profile: "all",
  input: destroyInput,
  output: destroyOutput,
  hints: STOPS,
  async run(given, context) {
    const { principal, state } = context;
    const shared = await sharedMemory(context, { ...defined(given), acts: false }, { principal });
    const ended = await state.swarms.destroy(defined(given), { principal });
    await shared?.board.forget();
    return ended;
  },
});

const scaleInput = z.object({
  swarm,
  agents: z.int().min(0).max(BOUNDS.agents).optional().describe("How many of the crew shall run"),
  maxAgents: agents.optional().describe("Agents at once, at most"),
  autoScale: autoScale.nullable().optional().describe("null ends it"),
  budget: budget
    .optional()
    .describe("Replaces the limits it names; a higher one lets a swarm go on"),
});

export const scaleSwarm = defineTool<typeof scaleInput, typeof view, State>({
  name: "scale_swarm",
  title: "Scale a swarm",
  description:
    "Changes how many agents a swarm may have, how many of its crew run, and its budget.",
  aliases: ["swarm_scale"],
  argumentAliases: { swarmId: "swarm", swarm_id: "swarm" },
  profile: "all",
  input: scaleInput,
  output: view,
  hints: { ...ADDS, destructive: true },
  async run({ agents: target, budget: limit, ...facts }, { state, principal }) {
    const request = { ...facts, target, budget: limit && toBudget(limit) };
    return (await state.swarms.scale(defined(request) as never, { principal })) as never;
  },
});
