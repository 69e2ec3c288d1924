import type { Principal } from "@trestle/protocol";
import type {
  Beat,
  Claim,
  Holder,
  Inbox,
  Joined,
  LeaseView,
  Member,
  MemoryView,
  ReserveAnswer,
  Results,
  SwarmSummary,
  SwarmView,
  TaskView,
} from "./answers.ts";
import type { Spent, SwarmRecord } from "./model.ts";
import type {
  CastVote,
  ClaimTask,
  CompleteTask,
  CreateSwarm,
  DecomposeTask,
  FailTask,
  GetResults,
  HandoffTask,
  InSwarm,
  JoinSwarm,
  MemoryPut,
  OfLease,
  OfTask,
  ReleaseFiles,
  ReserveFiles,
  ScaleSwarm,
  SendMessage,
  SubmitTask,
} from "./requests.ts";

/**
 * Swarms, as callers use them: everything in JSON, so that a process that does not own the folder asks the one that
 * does. Where `swarm` is left out, it is the newest that the caller made, or the one that the agent's token belongs to.
 *
 * Throws `invalid_input`, `not_found` (also for others' swarms), `denied` (topology, token, not the owner), `conflict`
 * (an old fence, a version, what is already over), `rate_limited` (a bound or a budget is reached; `details` say which).
 */
export interface Swarms {
  create(request: CreateSwarm, who: Who): Promise<SwarmView & { readonly joinKey: string }>;
  list(request: { readonly limit: number }, who: Who): Promise<readonly SwarmSummary[]>;
  get(request: InSwarm, who: Who): Promise<SwarmView>;
  /** Ends all agents' work and forgets everything. Owner only. */
  destroy(request: InSwarm, who: Who): Promise<{ readonly destroyed: boolean }>;
  /** Owner only. A raised budget lets an exhausted swarm go on. */
  scale(request: ScaleSwarm, who: Who): Promise<SwarmView>;

  submit(request: SubmitTask, who: Who): Promise<TaskView>;
  /** Of an unclaimed task, by its owner or submitter; or of a claimed one, by the agent that has it (with its fence). */
  decompose(request: DecomposeTask, who: Who): Promise<TaskView>;
  results(request: GetResults, who: Who): Promise<Results>;
  cancelTask(request: OfTask & { readonly reason?: string }, who: Who): Promise<TaskView>;

  join(request: JoinSwarm, who: Who): Promise<Joined>;
  /** Gives back what the agent has in work. */
  leave(request: InSwarm, who: AgentWho): Promise<{ readonly released: readonly string[] }>;
  /** A sign of life of the agent and of all its leases and reservations. Throws `denied` to one that has left. */
  heartbeat(request: InSwarm & { readonly spent?: Spent }, who: AgentWho): Promise<Beat>;

  /** A task, or why there is none; waits for one up to `waitMs`. */
  claim(request: ClaimTask, who: AgentWho, signal?: AbortSignal): Promise<Claim>;
  renew(request: OfLease & { readonly spent?: Spent }, who: AgentWho): Promise<LeaseView>;
  complete(request: CompleteTask, who: AgentWho): Promise<TaskView>;
  /** `retry: false` ends the task; else it is ready again while it has attempts left. */
  fail(request: FailTask, who: AgentWho): Promise<TaskView>;
  handoff(request: HandoffTask, who: AgentWho): Promise<TaskView>;

  reserve(request: ReserveFiles, who: AgentWho): Promise<ReserveAnswer>;
  release(request: ReleaseFiles, who: AgentWho): Promise<{ readonly released: number }>;
  /** Who holds any of these paths against the caller? For guards: changes nothing. */
  holders(
    request: InSwarm & { readonly paths: readonly string[] },
    who: Who,
  ): Promise<readonly Holder[]>;

  send(
    request: SendMessage,
    who: Who,
  ): Promise<{ readonly id: string; readonly to: readonly string[] }>;
  /** What is not acknowledged, oldest first; comes again until it is. */
  inbox(
    request: InSwarm & { readonly limit: number; readonly after?: number },
    who: Who,
  ): Promise<Inbox>;
  acknowledge(
    request: InSwarm & { readonly ids: readonly string[] },
    who: Who,
  ): Promise<{ readonly acknowledged: number; readonly unread: number }>;

  /** Which swarm is meant, and who asks: the agent's id, or `owner`. What `acts` is a sign of life, too. */
  member(request: InSwarm & { readonly acts: boolean }, who: Who): Promise<Member>;
  memoryPut(request: MemoryPut, who: Who): Promise<MemoryView>;
  memoryGet(request: InSwarm & { readonly key: string }, who: Who): Promise<MemoryView>;
  memorySearch(
    request: InSwarm & { readonly query: string; readonly prefix?: string; readonly limit: number },
    who: Who,
  ): Promise<readonly MemoryView[]>;

  vote(request: CastVote, who: AgentWho): Promise<TaskView>;
}

/** Who asks: the caller, and the agent that it acts as. Without a token it acts as the owner. */
export interface Who {
  readonly principal: Principal;
  readonly agentToken?: string;
}
export type AgentWho = Who & { readonly agentToken: string };

/**
 * Whoever starts and ends the agents of a crew, in the process that owns the swarms. It joins each as any agent joins,
 * as a principal of the swarm's owner, and uses nothing but `Swarms`.
 */
export interface CrewBoss {
  /** Called after a commit that may matter to it; must not throw and must not wait. A swarm that is gone wants none. */
  adjust(wanted: CrewWanted): void;
  /** Hears every transition, after it is durable. */
  hear(swarm: string, event: SwarmEvent): void;
  close(): Promise<void>;
}
export interface CrewWanted {
  readonly swarm: SwarmRecord;
  /** How many of its crew shall run now; 0 where it is exhausted or destroyed. */
  readonly wanted: number;
}

/** A transition: `task.claimed`, `agent.gone`, `message.sent` …; never what a task gave or a message says. */
export interface SwarmEvent {
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly task?: string;
  readonly agent?: string;
  readonly fence?: number;
  readonly status?: string;
  readonly reason?: string;
  readonly count?: number;
}
