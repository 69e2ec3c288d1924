import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { ADDS } from "./hints.ts";
import {
  agentId,
  agentToken,
  defined,
  fence,
  lease,
  leaseSeconds,
  reason,
  spent,
  swarm,
  task,
  taskView,
  toMs,
  whoIs,
} from "./swarm-shapes.ts";

const ONCE = { ...ADDS, idempotent: false };

const claimInput = z.object({
  swarm,
  agent_token: agentToken,
  task: task.optional().describe("This one and no other"),
  leaseSeconds: leaseSeconds.optional().describe("By default that of the swarm"),
  wait_seconds: z.number().min(0).max(50).default(0).describe("How long to wait for one"),
});
const claimOutput = z.object({
  kind: z.enum(["task", "none"]),
  task: taskView.optional(),
  lease: lease.optional(),
  why: z.string().optional(),
  open: z.int().optional().describe("Tasks that have not ended"),
});

export const claimTask = defineTool<typeof claimInput, typeof claimOutput, State>({
  name: "claim_task",
  title: "Claim a task",
  description:
    "Gives you a task under a lease, or says why there is none for you. Keep the fence of the lease: all you do with the task wants it.",
  aliases: ["claims_claim"],
  profile: "all",
  input: claimInput,
  output: claimOutput,
  hints: ONCE,
  async run({ agent_token: token, leaseSeconds: seconds, wait_seconds: wait, ...facts }, context) {
    const request = { ...facts, leaseMs: toMs(seconds), waitMs: wait * 1_000 };
    const { state, signal } = context;
    return (await state.swarms.claim(
      defined(request) as never,
      whoIs(context, token),
      signal,
    )) as never;
  },
});

const leased = z.object({ swarm, agent_token: agentToken, task, fence, spent });

export const renewLease = defineTool<typeof leased, typeof lease, State>({
  name: "renew_lease",
  title: "Renew a lease",
  description: "A sign of life for one task; heartbeat is one for all.",
  profile: "all",
  input: leased,
  output: lease,
  hints: ADDS,
  run: ({ agent_token: token, ...facts }, context) =>
    context.state.swarms.renew(defined(facts) as never, whoIs(context, token)),
});

const completeInput = leased.extend({ result: z.json().describe("What came of it, as JSON") });

export const completeTask = defineTool<typeof completeInput, typeof taskView, State>({
  name: "complete_task",
  title: "Complete a task",
  description:
    "Hands the result in. Refused where the lease is lost: then somebody else has the task, and what you did does not count.",
  aliases: ["task_complete"],
  profile: "all",
  input: completeInput,
  output: taskView,
  hints: ADDS,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.complete(defined(facts) as never, whoIs(context, token))) as never,
});

const failInput = leased.extend({
  reason,
  retry: z.boolean().default(true).describe("false: nobody else needs to try"),
});

export const failTask = defineTool<typeof failInput, typeof taskView, State>({
  name: "fail_task",
  title: "Fail a task",
  description: "Says that you cannot do it. Another agent tries, while attempts are left.",
  aliases: ["task_fail"],
  profile: "all",
  input: failInput,
  output: taskView,
  hints: ONCE,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.fail(defined(facts) as never, whoIs(context, token))) as never,
});

const handoffInput = leased.extend({
  to: agentId.optional().describe("Whoever asks next, where it is left out"),
  note: z.string().min(1).max(16_000).describe("What is done, what is open, which files"),
});

export const handoffTask = defineTool<typeof handoffInput, typeof taskView, State>({
  name: "handoff_task",
  title: "Hand a task over",
  description:
    "Gives what you have in work to another agent that you reach, with a note. Costs no attempt.",
  aliases: ["claims_handoff", "claims_release"],
  profile: "all",
  input: handoffInput,
  output: taskView,
  hints: ONCE,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.handoff(defined(facts) as never, whoIs(context, token))) as never,
});

const voteInput = z.object({
  swarm,
  agent_token: agentToken,
  task: task.describe("The part whose result you judge"),
  choice: z.enum(["accept", "reject"]).describe("Of what was done"),
  reason: reason.optional(),
});

export const vote = defineTool<typeof voteInput, typeof taskView, State>({
  name: "vote",
  title: "Vote on a result",
  description:
    "For or against the result of a part of a weighted or veto task that somebody else did. Judge by checking, not by how it reads.",
  aliases: ["coordination_consensus", "hive-mind_consensus"],
  profile: "all",
  input: voteInput,
  output: taskView,
  hints: ADDS,
  run: async ({ agent_token: token, ...facts }, context) =>
    (await context.state.swarms.vote(defined(facts), whoIs(context, token))) as never,
});
