import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { BOUNDS } from "../swarms/bounds.ts";
import { ADDS } from "./hints.ts";
import {
  agentId,
  agentToken,
  agentView,
  defined,
  lease,
  left,
  spent,
  swarm,
  swarmStatus,
  whoIs,
} from "./swarm-shapes.ts";

const joinInput = z.object({
  swarm,
  name: z.string().min(1).max(100).optional().describe("What others call you"),
  role: z
    .string()
    .min(1)
    .max(64)
    .default("worker")
    .describe("coordinator leads a star or a hierarchy; any other word is your own"),
  capabilities: z
    .array(z.string().min(1).max(64))
    .max(BOUNDS.capabilities)
    .default([])
    .describe("What you can do: tasks that ask for more are not given to you"),
  parent: agentId.optional().describe("In a hierarchy; by default the first coordinator"),
  weight: z.number().min(0).max(1_000).optional().describe("Of its results and votes; owner only"),
  joinKey: z
    .string()
    .max(200)
    .optional()
    .describe("Of create_swarm, where you did not make the swarm"),
});
const joinOutput = z.object({
  swarm: z.string(),
  agent: agentView,
  agentToken: z.string().describe("Shown once: give it as agent_token, and to nobody else"),
  heartbeatMs: z.number(),
});

export const joinSwarm = defineTool<typeof joinInput, typeof joinOutput, State>({
  name: "join_swarm",
  title: "Join a swarm",
  description:
    "Makes you an agent of a swarm. Then in turn: claim_task, do it, complete_task or fail_task with the fence of the lease. Call heartbeat every heartbeatMs while you work: whoever is silent for the lease's time loses what it has. read_inbox tells what others want.",
  aliases: ["agent_spawn", "hive-mind_join"],
  argumentAliases: { swarmId: "swarm", swarm_id: "swarm", type: "role" },
  input: joinInput,
  output: joinOutput,
  hints: { ...ADDS, idempotent: false },
  run: async (given, { state, principal }) =>
    (await state.swarms.join(defined({ ...given, kind: "external" as const }), {
      principal,
    })) as never,
});

const leaveInput = z.object({ swarm, agent_token: agentToken });
const leaveOutput = z.object({ released: z.array(z.string()) });

export const leaveSwarm = defineTool<typeof leaveInput, typeof leaveOutput, State>({
  name: "leave_swarm",
  title: "Leave a swarm",
  description: "Gives back all that you have in work, and ends your being an agent of the swarm.",
  aliases: ["agent_terminate", "hive-mind_leave"],
  profile: "all",
  input: leaveInput,
  output: leaveOutput,
  hints: ADDS,
  async run({ swarm: id, agent_token: token }, context) {
    const { released } = await context.state.swarms.leave(
      defined({ swarm: id }),
      whoIs(context, token),
    );
    return { released: [...released] };
  },
});

const beatInput = z.object({ swarm, agent_token: agentToken, spent });
const beatOutput = z.object({
  swarm: swarmStatus,
  leases: z.array(lease).describe("All that you have; what is not here you have lost"),
  unread: z.int(),
  left,
});

export const heartbeat = defineTool<typeof beatInput, typeof beatOutput, State>({
  name: "heartbeat",
  title: "Give a sign of life",
  description:
    "Prolongs all your leases and reservations, and tells what you still have, how many messages wait and what is left of the budget.",
  aliases: ["agent_health"],
  profile: "all",
  input: beatInput,
  output: beatOutput,
  hints: ADDS,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.heartbeat(defined(facts) as never, whoIs(context, token))) as never,
});
