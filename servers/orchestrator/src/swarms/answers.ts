import type { JsonValue } from "@trestle/protocol";
import type {
  AgentRecord,
  AutoScale,
  Budget,
  Cost,
  Crew,
  MessageRecord,
  ReservationRecord,
  Strategy,
  SwarmRecord,
  TaskRecord,
  TaskStatus,
  Topology,
} from "./model.ts";

export interface Joined {
  readonly swarm: string;
  readonly agent: AgentView;
  /** Shown once; whoever has it, and is the same principal, acts as this agent. */
  readonly agentToken: string;
  /** Give a sign of life at least this often. */
  readonly heartbeatMs: number;
}

export interface Beat {
  readonly swarm: SwarmRecord["status"];
  readonly leases: readonly LeaseView[];
  readonly unread: number;
  /** Nothing where no limit is set. */
  readonly left: Budget;
}

export type Claim =
  | { readonly kind: "task"; readonly task: TaskView; readonly lease: LeaseView }
  | { readonly kind: "none"; readonly why: string; readonly open: number };

export interface LeaseView {
  readonly task: string;
  readonly fence: number;
  readonly ttlMs: number;
}

export type ReserveAnswer =
  | { readonly granted: true; readonly reservation: string; readonly until: string }
  | { readonly granted: false; readonly conflicts: readonly Holder[] };
/** Who, why, until when; `until` moves on with every sign of life of the holder. */

export interface Holder {
  readonly agent: string;
  readonly name: string;
  readonly path: string;
  readonly wanted: string;
  readonly mode: ReservationRecord["mode"];
  readonly reason: string;
  readonly task?: string;
  readonly until: string;
}

export interface Inbox {
  readonly messages: readonly MessageView[];
  readonly unread: number;
}

export type MessageView = Omit<MessageRecord, "pending" | "key" | "sentAt"> & {
  readonly sentAt: string;
};

export interface Member {
  readonly swarm: string;
  readonly as: string;
}

export interface MemoryView {
  readonly key: string;
  readonly version: number;
  readonly value: JsonValue;
  readonly by: string;
  readonly at: string;
}

export interface Results {
  readonly swarm: string;
  readonly tasks: readonly TaskView[];
  readonly counts: Readonly<Record<TaskStatus, number>>;
  readonly cost: CostView;
  /** One agent, the same tasks, the same budget. */
  readonly baseline?: {
    readonly swarm: string;
    readonly tasks: readonly TaskView[];
    readonly counts: Readonly<Record<TaskStatus, number>>;
    readonly cost: CostView;
  };
}
/** `wallMs`: for how long at least one task was in work. */

export type CostView = Cost & { readonly wallMs: number };

export type AgentView = Pick<
  AgentRecord,
  | "id"
  | "name"
  | "kind"
  | "role"
  | "capabilities"
  | "parent"
  | "weight"
  | "status"
  | "begun"
  | "done"
  | "failed"
  | "spent"
> & { readonly tasks: readonly string[]; readonly joinedAt: string };

export type TaskView = Omit<
  TaskRecord,
  "seq" | "key" | "lease" | "maxMs" | "createdAt" | "startedAt" | "endedAt" | "votesSince"
> & {
  readonly maxSeconds?: number;
  readonly agent?: string;
  readonly fence?: number;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly votesSince?: string;
};

export interface SwarmSummary {
  readonly swarm: string;
  readonly name: string;
  readonly topology: Topology;
  readonly strategy: Strategy;
  readonly status: SwarmRecord["status"];
  readonly agents: number;
  readonly counts: Readonly<Record<TaskStatus, number>>;
  readonly createdAt: string;
}

/** A task in work, as the owner of a swarm sees it. */
export interface RunningLease {
  readonly task: string;
  readonly agent: string;
  readonly ttlMs: number;
  /** When it lapses, if the agent gives no more sign of life. */
  readonly until: string;
}

export interface SwarmView extends SwarmSummary {
  readonly maxAgents: number;
  readonly leaseMs: number;
  readonly autoScale?: AutoScale;
  readonly crew?: Crew;
  /** How many of the crew there shall be now. */
  readonly wanted: number;
  readonly members: readonly AgentView[];
  readonly budget: Budget;
  readonly left: Budget;
  readonly cost: CostView;
  readonly reservations: readonly Holder[];
  readonly leases: readonly RunningLease[];
  readonly baseline?: string;
  readonly baselineOf?: string;
}
