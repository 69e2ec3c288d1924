import type { JsonValue } from "@trestle/protocol";

/**
 * What is kept of swarms: one record for each thing, in JSON. No record says when something lapses: leases,
 * agents and reservations carry a count of the signs of life (`beat`), and whoever watches measures by its own clock
 * for how long it has seen no new one. So neither a wrong clock nor a pause of the watcher makes anything lapse early.
 */

/**
 * Who may message, and give work to, whom.
 * - `mesh`: everybody everybody.
 * - `ring`: each the next in the order in which they joined, the last the first.
 * - `star`: the hub (the coordinator that joined first) everybody, the others the hub alone.
 * - `hierarchical`: an agent its parent and its children. Whoever joins without naming a parent is below the
 *   coordinator that joined first.
 *
 * The owner of the swarm reaches everybody in a mesh and a ring, and in a star or a hierarchy those who have no active
 * agent above them.
 */
export const TOPOLOGIES = ["hierarchical", "mesh", "ring", "star"] as const;
export type Topology = (typeof TOPOLOGIES)[number];

/**
 * Which ready task an agent that asks is given, if any. Always the one of the highest priority, of those the one that
 * was submitted first, among those whose capabilities the agent has and whose files nobody else holds.
 * - `parallel`: as many at once as agents ask for.
 * - `sequential`: one at a time in the whole swarm.
 * - `balanced`: none to an agent that has begun more than its share: begun and open tasks, divided by the agents that
 *   ask for work, rounded up. One that has not asked for a lease's time counts no more.
 * - `adaptive`: at most `limit` at once. It begins with 2, grows by 1 when as many succeed as it is big, and is
 *   halved, never below 1, by a failure or a lapsed lease; and none whose expected cost (the mean so far) is more than
 *   what is left of the budget after the expected cost of those in work.
 */
export const STRATEGIES = ["parallel", "sequential", "adaptive", "balanced"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** How the parts of a task make its result; see `core/aggregate.ts`. */
export const AGGREGATIONS = ["first", "all", "majority", "weighted", "veto", "judge"] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

export const AGENT_KINDS = ["external", "process", "model"] as const;
export type AgentKind = (typeof AGENT_KINDS)[number];

/** What was used; money in US dollars, `ms` the time for which tasks were in work, added up over agents. */
export interface Cost {
  readonly calls: number;
  readonly tokens: number;
  readonly money: number;
  readonly ms: number;
}

/** What an agent says it used since it last said so. */
export type Spent = Partial<Pick<Cost, "calls" | "tokens" | "money">>;

/** None is unlimited where it is left out. `wallMs` counts only while at least one task is in work. */
export interface Budget {
  readonly calls?: number;
  readonly tokens?: number;
  readonly money?: number;
  readonly wallMs?: number;
}

/** How many agents are wanted: one for each `tasksPerAgent` tasks that are ready or in work, within the limits. */
export interface AutoScale {
  readonly min: number;
  readonly max: number;
  readonly tasksPerAgent: number;
  /** How long fewer must be wanted before fewer are kept, in milliseconds. */
  readonly cooldownMs: number;
}

/** Agents that are started for a swarm; what a profile is, the operator has configured. */
export interface Crew {
  readonly kind: "process" | "model";
  readonly profile: string;
}

/** `exhausted`: a budget is used up; nothing runs until it is raised. */
export type SwarmStatus = "active" | "exhausted";

export interface SwarmRecord {
  readonly id: string;
  readonly name: string;
  /** The principal that made it. */
  readonly owner: string;
  readonly topology: Topology;
  readonly strategy: Strategy;
  readonly maxAgents: number;
  /** How many agents the crew shall be, where nothing scales it. */
  readonly target: number;
  readonly autoScale?: AutoScale;
  readonly crew?: Crew;
  /** A storable grant of the host, as text: in whose name agents that we run call tools. */
  readonly grant?: string;
  readonly budget: Budget;
  /** How long a lease, an agent and a reservation outlive their last sign of life. */
  readonly leaseMs: number;
  readonly status: SwarmStatus;
  readonly createdAt: number;
  /** SHA-256 of the key with which other principals may join. */
  readonly joinKeyHash: string;
  /** The last number that was given to a task, message, version … of this swarm. */
  readonly seq: number;
  /** The last fence; each claim gets a higher one. */
  readonly fence: number;
  readonly spent: Cost;
  /** Since when at least one task is in work, and for how long one was before; of the wall clock. */
  readonly busySince?: number;
  readonly busyMs: number;
  /** Of the strategy `adaptive`. */
  readonly limit: number;
  /** The swarm of one agent that does the same on the same budget, to compare; and back. */
  readonly baseline?: string;
  readonly baselineOf?: string;
}

/** `gone`: silent for a lease's time; the next sign of life makes it active again. `left`: by its own word. */
export type AgentStatus = "active" | "gone" | "left";

export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly kind: AgentKind;
  /** `coordinator` means something to the topology; any other word is the agent's own. */
  readonly role: string;
  readonly capabilities: readonly string[];
  readonly parent?: string;
  /** Of its vote and its results. */
  readonly weight: number;
  readonly principal: string;
  readonly tokenHash: string;
  readonly status: AgentStatus;
  /** Grows with every sign of life. */
  readonly beat: number;
  /** Grows now and then while it asks for work, where other processes are to see it. */
  readonly asks?: number;
  /** Its place in the order of joining. */
  readonly place: number;
  readonly joinedAt: number;
  readonly spent: Cost;
  /** How many tasks it was given, finished, and failed or lost. */
  readonly begun: number;
  readonly done: number;
  readonly failed: number;
}

/**
 * `waiting` for what it depends on, `ready` to be claimed, `claimed` under a lease, `checking` what was handed in,
 * `split` into parts that are not all done; and the three ends.
 */
export const TASK_STATUSES = [
  "waiting",
  "ready",
  "claimed",
  "checking",
  "split",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
export const ENDED: ReadonlySet<TaskStatus> = new Set(["succeeded", "failed", "cancelled"]);

export interface Lease {
  readonly agent: string;
  /** Whoever has a lower one has lost the task. */
  readonly fence: number;
  readonly beat: number;
  readonly ttlMs: number;
  /** Of the wall clock; for people, and for the cost. */
  readonly since: number;
}

/** What has to be true of a result. A command is one that the operator configured. */
export interface Check {
  readonly command: string;
}

export interface TaskRecord {
  readonly id: string;
  readonly seq: number;
  readonly title: string;
  readonly description: string;
  /** An agent, or `owner`. */
  readonly by: string;
  /** The submitter's own: submitted again with the same one, it is the same task. */
  readonly key?: string;
  /** The only agent that may have it. */
  readonly to?: string;
  /** The task that it is a part of. */
  readonly parent?: string;
  readonly dependsOn: readonly string[];
  readonly capabilities: readonly string[];
  /** Globs that are reserved, exclusively, for as long as it is in work. */
  readonly files: readonly string[];
  /** 0 to 9, the highest first. */
  readonly priority: number;
  readonly check?: Check;
  readonly status: TaskStatus;
  /** Claims so far, and how many there may be. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** For how long one agent may have it in work, whatever signs of life it gives. */
  readonly maxMs?: number;
  readonly lease?: Lease;
  /** The agent that had it last, and the fence under which a result was handed in last. */
  readonly doer?: string;
  readonly handedIn?: number;
  /** Of a split task. */
  readonly parts?: readonly string[];
  readonly aggregate?: Aggregation;
  /** Its parts are one task several times over: an agent may do one of them only. */
  readonly copies?: boolean;
  /** Votes that decide, and how long to wait for them after the last part ended. */
  readonly quorum?: number;
  readonly voteMs?: number;
  /** Since when all parts have ended and votes are waited for; of the wall clock. */
  readonly votesSince?: number;
  /** What the agent before left for the next one. */
  readonly handoff?: { readonly from: string; readonly note: string };
  readonly result?: JsonValue;
  readonly reason?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly spent: Cost;
}

export interface ReservationRecord {
  readonly id: string;
  readonly agent: string;
  /** Reserved with the claim of this task, and for as long as its lease. */
  readonly task?: string;
  readonly paths: readonly string[];
  readonly mode: "shared" | "exclusive";
  readonly reason: string;
  readonly ttlMs: number;
  readonly beat: number;
  readonly since: number;
}

/** Stored once, however many it is for. */
export interface MessageRecord {
  readonly id: string;
  /** Messages are read in this order, so that those of one sender never overtake each other. */
  readonly seq: number;
  readonly from: string;
  readonly to: readonly string[];
  /** Those of `to` who have not acknowledged it. */
  readonly pending: readonly string[];
  readonly thread?: string;
  readonly replyTo?: string;
  readonly importance: "low" | "normal" | "high";
  readonly body: string;
  readonly sentAt: number;
  /** The sender's own: sent again with the same one, it is the same message. */
  readonly key?: string;
}

export interface MemoryRecord {
  readonly key: string;
  /** Grows with every change in the swarm, and is never given twice. */
  readonly version: number;
  readonly value: JsonValue;
  readonly by: string;
  readonly at: number;
}

export interface VoteRecord {
  readonly task: string;
  readonly agent: string;
  readonly choice: "accept" | "reject";
  readonly reason?: string;
  readonly at: number;
}

/** All kinds of records, by name. The id of a vote is `task/agent`, of a memory its key. */
export interface Records {
  readonly swarm: SwarmRecord;
  readonly agent: AgentRecord;
  readonly task: TaskRecord;
  readonly reservation: ReservationRecord;
  readonly message: MessageRecord;
  readonly memory: MemoryRecord;
  readonly vote: VoteRecord;
}
export type RecordKind = keyof Records;

/** The owner, where an agent's id is expected. */
export const OWNER = "owner";
