import type { ToolContext } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { BOUNDS } from "../swarms/bounds.ts";
import {
  AGENT_KINDS,
  AGGREGATIONS,
  STRATEGIES,
  TASK_STATUSES,
  TOPOLOGIES,
} from "../swarms/model.ts";
import type { AgentWho, Who } from "../swarms/swarms.ts";

export const swarm = z
  .string()
  .max(64)
  .optional()
  .describe("Id of the swarm; without it that of the agent_token, else the newest you made");
export const agentToken = z.string().max(200).describe("As join_swarm gave it");
export const maybeToken = agentToken
  .optional()
  .describe("Acts as this agent; without it as the owner of the swarm");
export const task = z.string().max(64).describe("Id of a task");
export const fence = z.int().min(0).describe("Of your lease, as claim_task gave it");
export const agentId = z.string().max(64);
const ids = z.array(z.string().max(64));
export const reason = z.string().min(1).max(4_000).describe("In a sentence, for people");
const word = z.string().min(1).max(64);

export const topology = z.enum(TOPOLOGIES);
export const strategy = z.enum(STRATEGIES);
const aggregate = z.enum(AGGREGATIONS);
export const taskStatus = z.enum(TASK_STATUSES);
const agentKind = z.enum(AGENT_KINDS);
export const swarmStatus = z.enum(["active", "exhausted"]);

export const leaseSeconds = z.number().min(1).max(86_400);

export const budget = z
  .object({
    calls: z.int().min(0).optional(),
    tokens: z.int().min(0).optional(),
    money: z.number().min(0).optional().describe("US dollars"),
    wall_seconds: z.number().min(0).optional().describe("Counted while a task is in work"),
  })
  .describe("Hard limits of all agents together");

export const spent = z
  .object({
    calls: z.int().min(0).optional(),
    tokens: z.int().min(0).optional(),
    money: z.number().min(0).optional(),
  })
  .optional()
  .describe("What you used since you last said so");

export const newTask = z.object({
  title: z.string().min(1).max(300).describe("What is to be done, in a line"),
  description: z
    .string()
    .max(BOUNDS.text)
    .optional()
    .describe("All that whoever does it has to know"),
  dependsOn: ids.max(BOUNDS.dependencies).optional().describe("Tasks that have to succeed before"),
  capabilities: z
    .array(word)
    .max(BOUNDS.capabilities)
    .optional()
    .describe("An agent has to have all"),
  files: z
    .array(z.string().max(400))
    .max(BOUNDS.files)
    .optional()
    .describe("Paths and globs that nobody else may hold meanwhile"),
  priority: z.int().min(0).max(9).optional().describe("9 first; 5 where left out"),
  check: z
    .string()
    .max(64)
    .optional()
    .describe("A check of the operator that a result has to pass"),
  maxAttempts: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("How often it is tried before it has failed"),
  maxSeconds: z
    .number()
    .min(0)
    .max(31_536_000)
    .optional()
    .describe("How long one agent may have it in work before another is given it; 0 sets no limit"),
  to: agentId.optional().describe("Only this agent may have it"),
});

export const groupFields = {
  aggregate: aggregate
    .optional()
    .describe(
      "How the results make one: first, all, majority (equal JSON), weighted and veto (see vote), judge (the first that passes check)",
    ),
  quorum: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Votes on each result, for weighted and veto"),
  voteSeconds: z.number().min(0).max(86_400).optional().describe("How long to wait for votes"),
};

const cost = z.object({
  calls: z.number(),
  tokens: z.number(),
  money: z.number(),
  ms: z.number().describe("In work, added up over agents"),
});
export const fullCost = cost.extend({ wallMs: z.number() });
const limits = z.object({
  calls: z.number().optional(),
  tokens: z.number().optional(),
  money: z.number().optional(),
  wallMs: z.number().optional(),
});
export const left = limits;

export const lease = z.object({ task: z.string(), fence: z.int(), ttlMs: z.number() });

export const taskView = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  by: z.string(),
  to: z.string().optional(),
  parent: z.string().optional(),
  dependsOn: z.array(z.string()),
  capabilities: z.array(z.string()),
  files: z.array(z.string()),
  priority: z.int(),
  check: z.object({ command: z.string() }).optional(),
  status: taskStatus,
  attempts: z.int(),
  maxAttempts: z.int(),
  maxSeconds: z.number().optional().describe("For which one agent may have it in work"),
  agent: z.string().optional().describe("Who has it in work"),
  doer: z.string().optional(),
  parts: z.array(z.string()).optional(),
  aggregate: aggregate.optional(),
  handoff: z.object({ from: z.string(), note: z.string() }).optional(),
  result: z.json().optional(),
  reason: z.string().optional(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  spent: cost,
});

export const counts = z.record(taskStatus, z.int());

export const holder = z.object({
  agent: z.string(),
  name: z.string(),
  path: z.string(),
  wanted: z.string(),
  mode: z.enum(["shared", "exclusive"]),
  reason: z.string(),
  task: z.string().optional(),
  until: z.string().describe("If the holder gives no more sign of life"),
});

export const agentView = z.object({
  id: z.string(),
  name: z.string(),
  kind: agentKind,
  role: z.string(),
  capabilities: z.array(z.string()),
  parent: z.string().optional(),
  weight: z.number(),
  status: z.enum(["active", "gone", "left"]),
  begun: z.int(),
  done: z.int(),
  failed: z.int(),
  spent: cost,
  tasks: z.array(z.string()),
  joinedAt: z.string(),
});

export const summary = z.object({
  swarm: z.string(),
  name: z.string(),
  topology,
  strategy,
  status: swarmStatus,
  agents: z.int().describe("Active ones"),
  counts,
  createdAt: z.string(),
});

export const autoScale = z.object({
  min: z.int().min(0).max(BOUNDS.agents),
  max: z.int().min(1).max(BOUNDS.agents),
  tasksPerAgent: z.number().min(0.1).max(1_000).default(1),
  cooldownMs: z.number().min(0).max(86_400_000).default(30_000),
});
export const crew = z.object({
  kind: z.enum(["process", "model"]),
  profile: z.string().min(1).max(64).describe("As the operator configured it"),
});

export const view = summary.extend({
  maxAgents: z.int(),
  leaseMs: z.number(),
  autoScale: autoScale.optional(),
  crew: crew.optional(),
  wanted: z.int(),
  members: z.array(agentView),
  budget: limits,
  left: limits,
  cost: fullCost,
  reservations: z.array(holder),
  leases: z.array(
    z.object({
      task: z.string(),
      agent: z.string(),
      ttlMs: z.number(),
      until: z.string().describe("If the agent gives no more sign of life"),
    }),
  ),
  baseline: z.string().optional(),
  baselineOf: z.string().optional(),
});

/** Who asks, and as which agent. */
export function whoIs({ principal }: ToolContext<State>, token: string): AgentWho;
export function whoIs({ principal }: ToolContext<State>, token: string | undefined): Who;
export function whoIs({ principal }: ToolContext<State>, token: string | undefined): Who {
  return token === undefined ? { principal } : { principal, agentToken: token };
}

/** A task as tools take it, as swarms want it. */
export function toNewTask({ check, maxSeconds, ...facts }: z.output<typeof newTask>) {
  const command = check === undefined ? undefined : { command: check };
  return defined({ ...facts, check: command, maxMs: toMs(maxSeconds) });
}

export function toBudget({ wall_seconds: seconds, ...facts }: z.output<typeof budget>) {
  return defined({ ...facts, wallMs: toMs(seconds) });
}

export function toGroup({ aggregate: how, quorum, voteSeconds }: Group) {
  return defined({ aggregate: how, quorum, voteMs: toMs(voteSeconds) });
}
interface Group {
  readonly aggregate?: z.output<typeof aggregate> | undefined;
  readonly quorum?: number | undefined;
  readonly voteSeconds?: number | undefined;
}

export function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1_000);
}

/** Without what is undefined: what is left out is left to the swarm. */
export function defined<Facts extends object>(
  facts: Facts,
): { [Name in keyof Facts]: Exclude<Facts[Name], undefined> } {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as never;
}
