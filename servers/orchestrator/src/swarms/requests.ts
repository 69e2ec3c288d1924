import type { JsonValue } from "@trestle/protocol";
import type {
  AgentKind,
  Aggregation,
  AutoScale,
  Budget,
  Check,
  Crew,
  MessageRecord,
  ReservationRecord,
  Spent,
  Strategy,
  TaskStatus,
  Topology,
  VoteRecord,
} from "./model.ts";

export interface InSwarm {
  readonly swarm?: string;
}

export interface OfTask extends InSwarm {
  readonly task: string;
}

export interface OfLease extends OfTask {
  readonly fence: number;
}

export interface CreateSwarm {
  readonly name?: string;
  readonly topology: Topology;
  readonly strategy: Strategy;
  readonly maxAgents: number;
  readonly autoScale?: AutoScale;
  readonly crew?: Crew;
  /** How many of the crew to run where nothing scales it. */
  readonly target?: number;
  readonly budget: Budget;
  readonly leaseMs: number;
  readonly baseline?: boolean;
  /** Of the host, as text; needed where there is a crew of the kind `model`. */
  readonly grant?: string;
}

export interface ScaleSwarm extends InSwarm {
  readonly target?: number;
  readonly maxAgents?: number;
  readonly autoScale?: AutoScale | null;
  readonly budget?: Budget;
}

export interface NewTask {
  readonly title: string;
  readonly description?: string;
  /** Ids; of parts also their places among them, as `@1` for the first. */
  readonly dependsOn?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly files?: readonly string[];
  readonly priority?: number;
  readonly check?: Check;
  readonly maxAttempts?: number;
  /** For how long one agent may have it; 0 for as long as it likes. */
  readonly maxMs?: number;
  /** An agent that the caller may give work to. */
  readonly to?: string;
}

export interface SubmitTask extends InSwarm, NewTask {
  /** So many different agents do it, and `aggregate` makes one result of theirs. */
  readonly copies?: number;
  readonly aggregate?: Aggregation;
  readonly quorum?: number;
  readonly voteMs?: number;
  /** The same key gives the same task. */
  readonly key?: string;
}

export interface DecomposeTask extends OfTask {
  readonly fence?: number;
  readonly parts: readonly NewTask[];
  readonly aggregate?: Aggregation;
  readonly quorum?: number;
  readonly voteMs?: number;
}

export interface JoinSwarm extends InSwarm {
  readonly name?: string;
  readonly kind: AgentKind;
  readonly role: string;
  readonly capabilities: readonly string[];
  readonly parent?: string;
  /** Only the owner of the swarm may say one. */
  readonly weight?: number;
  /** Where the caller is not the owner. */
  readonly joinKey?: string;
}

export interface ClaimTask extends InSwarm {
  /** This one, and no other. */
  readonly task?: string;
  readonly leaseMs?: number;
  readonly waitMs?: number;
}

export interface CompleteTask extends OfLease {
  readonly result: JsonValue;
  readonly spent?: Spent;
}

export interface FailTask extends OfLease {
  readonly reason: string;
  readonly retry?: boolean;
  readonly spent?: Spent;
}

export interface HandoffTask extends OfLease {
  /** Whoever is next to ask, where it is left out. */
  readonly to?: string;
  readonly note: string;
  readonly spent?: Spent;
}

export interface ReserveFiles extends InSwarm {
  readonly paths: readonly string[];
  readonly mode: ReservationRecord["mode"];
  readonly reason: string;
  readonly ttlMs?: number;
}

export interface ReleaseFiles extends InSwarm {
  /** All of the agent's, but those of its tasks, where both are left out. */
  readonly reservation?: string;
  readonly paths?: readonly string[];
}

export interface SendMessage extends InSwarm {
  /** Ids of agents, `owner`, or `all` for everybody the sender reaches. */
  readonly to: readonly string[];
  readonly body: string;
  readonly thread?: string;
  readonly replyTo?: string;
  readonly importance?: MessageRecord["importance"];
  readonly key?: string;
}

export interface MemoryPut extends InSwarm {
  readonly key: string;
  /** Null takes the key away. */
  readonly value: JsonValue;
  /** Only where this is its version; 0 where there is none yet. */
  readonly ifVersion?: number;
}

export interface CastVote extends OfTask {
  readonly choice: VoteRecord["choice"];
  readonly reason?: string;
}

export interface GetResults extends InSwarm {
  readonly tasks?: readonly string[];
  readonly statuses?: readonly TaskStatus[];
  readonly limit: number;
  /** The last task of the page before. */
  readonly after?: string;
}
