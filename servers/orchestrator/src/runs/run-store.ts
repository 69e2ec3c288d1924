import type { RunEvent, RunState, WorkflowPlan } from "@trestle/flow";
import type { JsonObject, JsonValue } from "@trestle/protocol";

/**
 * What is kept of runs: each one's log of events, which is the truth, and a few columns to find it by. An append
 * is durable when it resolves, and happens only where nobody else appended since.
 */
export interface RunStore {
  /** Throws `conflict` where the id is taken. */
  create(run: NewRun, first: Append): Promise<void>;
  /** Throws `conflict` where the log is longer than `after` says, `not_found` without such a run. */
  append(runId: string, append: Append): Promise<void>;
  load(runId: string): Promise<StoredRun | undefined>;
  list(filter: RunFilter): Promise<readonly RunSummary[]>;
  /** Forgets runs that ended before; gives their ids. */
  prune(endedBefore: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface NewRun {
  readonly id: string;
  readonly workflow: string;
  readonly version: string;
  readonly plan: WorkflowPlan;
  readonly input: JsonObject;
  readonly metadata: JsonObject;
  /** In whose name it calls tools, as text that only the host reads. */
  readonly grant: string;
  /** Who may look at it and steer it. */
  readonly owner: string;
  readonly createdAt: number;
  /** Spreads its retries. */
  readonly seed: number;
  /** The run whose step this one is. */
  readonly parent?: { readonly runId: string; readonly key: string; readonly depth: number };
}

export interface Append {
  /** Events in the log before these. */
  readonly after: number;
  readonly events: readonly RunEvent[];
  readonly status: RunStatus;
  readonly at: number;
  /** What the run gave back, once it has ended. */
  readonly output?: JsonValue;
  /** The state after these events, where the log has become long. */
  readonly snapshot?: RunState;
}

export const RUN_STATUSES = [
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Runs that somebody has to drive. */
export const UNFINISHED: readonly RunStatus[] = ["running", "waiting", "paused"];

export interface StoredRun extends NewRun {
  readonly status: RunStatus;
  readonly output?: JsonValue;
  readonly endedAt?: number;
  /** Where the fold begins; without it at the first event. */
  readonly snapshot?: { readonly after: number; readonly state: RunState };
  /** Those after the snapshot. */
  readonly events: readonly RunEvent[];
  /** Events in the log. */
  readonly length: number;
}

export interface RunSummary {
  readonly id: string;
  readonly workflow: string;
  readonly version: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly owner: string;
  readonly parent?: string;
}

export interface RunFilter {
  readonly statuses?: readonly RunStatus[];
  readonly workflow?: string;
  readonly owner?: string;
  /** Runs made before that one, the newest first. */
  readonly beforeId?: string;
  readonly limit: number;
}
