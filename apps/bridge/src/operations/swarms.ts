import * as z from "zod";
import { called } from "./answers/calls.ts";
import { jsonObjectField, NO_EFFECT } from "./fields.ts";
import { callMounted, mountedFields, onceField } from "./mounted.ts";
import { defineOperation } from "./operation.ts";

const agents = z.int().min(1);

export const swarmCreate = defineOperation({
  name: "swarm_create",
  title: "Create a swarm",
  description:
    "Makes a swarm: tasks that agents claim under leases, with files, messages and memory that they share.",
  input: z.object({
    name: z.string().min(1).max(100).optional().describe("For people; ids are given."),
    topology: z
      .enum(["mesh", "ring", "star", "hierarchical"])
      .optional()
      .describe("Who may message, and give work to, whom."),
    strategy: z
      .enum(["parallel", "sequential", "balanced", "adaptive"])
      .optional()
      .describe("Who is given what."),
    maxAgents: agents.optional().describe("Agents at once, at most."),
    agents: z.int().min(0).optional().describe("How many of the crew, without `autoScale`."),
    crew: jsonObjectField.optional().describe("Agents that are started for it."),
    autoScale: jsonObjectField.optional().describe("How many of the crew run, by the tasks."),
    budget: jsonObjectField.optional().describe("What it may spend."),
    leaseSeconds: z.int().min(1).optional().describe("How long an agent may be silent."),
    baseline: z.boolean().optional().describe("true: one agent does the same, to compare."),
    ...onceField,
    ...mountedFields,
  }),
  output: called,
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["create_swarm"] },
  untouched: ["crew", "autoScale", "budget"],
  run: (asked, context, core) =>
    callMounted({ kind: "orchestrator", tool: "create_swarm" }, asked, { context, core }),
});

export const swarmGet = defineOperation({
  name: "swarm_get",
  title: "One swarm",
  description:
    "Agents, tasks by state, reserved files, budget and cost of a swarm, as they are now.",
  input: z.object({
    id: z.string().min(1).describe("Of the swarm."),
    ...mountedFields,
  }),
  output: called,
  hints: NO_EFFECT,
  needs: "caller",
  mounted: { kind: "orchestrator", tools: ["get_swarm"] },
  run: ({ id, ...asked }, context, core) =>
    callMounted(
      { kind: "orchestrator", tool: "get_swarm" },
      { swarm: id, ...asked },
      { context, core },
    ),
});
