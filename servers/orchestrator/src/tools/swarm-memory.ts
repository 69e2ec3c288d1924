import { defineTool, type ToolContext } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { type Blackboard, createBlackboard } from "../swarms/blackboard.ts";
import type { InSwarm, MemoryPut } from "../swarms/requests.ts";
import type { Who } from "../swarms/swarms.ts";
import { toMemory } from "../swarms/views.ts";
import { ADDS, READS } from "./hints.ts";
import { defined, maybeToken, swarm, whoIs } from "./swarm-shapes.ts";

const key = z.string().min(1).max(300).describe("What the value is kept under");
const memory = z.object({
  key: z.string(),
  version: z.int(),
  value: z.json(),
  by: z.string(),
  at: z.string(),
});

const putInput = z.object({
  swarm,
  agent_token: maybeToken,
  key,
  value: z.json().describe("null takes the key away"),
  ifVersion: z
    .int()
    .min(0)
    .optional()
    .describe("Only where this is its version; 0: only where there is none"),
});

export const memoryPut = defineTool<typeof putInput, typeof memory, State>({
  name: "memory_put",
  title: "Write shared memory",
  description:
    "Keeps a value for all agents of the swarm, where nobody changed it since ifVersion.",
  aliases: ["memory_store"],
  profile: "all",
  input: putInput,
  output: memory,
  hints: { ...ADDS, destructive: true, idempotent: false },
  async run({ agent_token: token, ...facts }, context) {
    const [request, who] = [defined(facts) as MemoryPut, whoIs(context, token)];
    const shared = await sharedMemory(context, { ...request, acts: true }, who);
    if (shared === undefined) return (await context.state.swarms.memoryPut(request, who)) as never;
    return toMemory(await shared.board.put(request, shared.as)) as never;
  },
});

const getInput = z.object({ swarm, agent_token: maybeToken, key });

export const memoryGet = defineTool<typeof getInput, typeof memory, State>({
  name: "memory_get",
  title: "Read shared memory",
  description: "A value of the swarm's memory, with its version.",
  aliases: ["memory_retrieve"],
  profile: "all",
  input: getInput,
  output: memory,
  hints: READS,
  async run({ agent_token: token, ...facts }, context) {
    const [request, who] = [defined(facts), whoIs(context, token)];
    const shared = await sharedMemory(context, { ...request, acts: false }, who);
    if (shared === undefined) return (await context.state.swarms.memoryGet(request, who)) as never;
    return toMemory(await shared.board.get(request.key)) as never;
  },
});

const searchInput = z.object({
  swarm,
  agent_token: maybeToken,
  query: z.string().max(500).default("").describe("Words that key and value hold; none: all"),
  prefix: z.string().max(300).optional().describe("What keys begin with"),
  limit: z.int().min(1).max(100).default(20).describe("How many at most"),
});
const searchOutput = z.object({ found: z.array(memory) });

export const memorySearch = defineTool<typeof searchInput, typeof searchOutput, State>({
  name: "memory_search",
  title: "Search shared memory",
  description: "Values of the swarm's memory that hold all words, the best first.",
  profile: "all",
  input: searchInput,
  output: searchOutput,
  hints: READS,
  async run({ agent_token: token, ...facts }, context) {
    const [request, who] = [defined(facts), whoIs(context, token)];
    const shared = await sharedMemory(context, { ...request, acts: false }, who);
    const found = shared
      ? (await shared.board.search(request)).map(toMemory)
      : await context.state.swarms.memorySearch(request, who);
    return { found: [...found] as never };
  },
});

/** What the caller is in the swarm, and its memory, where the operator named a server that has it. */
export async function sharedMemory(
  { state, call: host, clock, signal }: ToolContext<State>,
  { swarm: named, acts }: InSwarm & { readonly acts: boolean },
  who: Who,
): Promise<{ readonly board: Blackboard; readonly as: string } | undefined> {
  const { blackboard: server, swarms } = state;
  if (server === undefined) return undefined;
  const asked = { ...(named === undefined ? {} : { swarm: named }), acts };
  const { swarm: id, as } = await swarms.member(asked, who);
  return { board: createBlackboard({ host, server, swarm: id, clock, signal }), as };
}
