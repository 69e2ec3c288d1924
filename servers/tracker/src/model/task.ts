import type { TaskFact, TaskSource, TaskStatus } from "./facts.ts";
import type { Phase } from "./phase.ts";
import type { TrackedRecord } from "./record.ts";

/** A task as all facts of it together say. */
export interface Task {
  readonly id: string;
  readonly project: string;
  readonly subject: string;
  readonly description?: string;
  readonly status: TaskStatus;
  /** Who said the status: where a person did, no later fact changes it. */
  readonly statusSource: TaskSource;
  readonly statusAt: number;
  readonly owner?: string;
  readonly note?: string;
  readonly blockedBy: readonly string[];
  /** 0 to 100, 100 the most urgent: what a person said, else its score, else what the facts say, else 0. */
  readonly priority: number;
  /** Why the score is what it is, by term; as `scoreTasks` was given it. */
  readonly terms?: Readonly<Record<string, number>>;
  /** The most trusted of its sources. */
  readonly source: TaskSource;
  /** The highest of its facts'. */
  readonly confidence: number;
  readonly createdAt: number;
  /** Of its last fact. */
  readonly updatedAt: number;
  /** How many facts speak of it. */
  readonly facts: number;
  /** In which it was spoken of last, of those known. */
  readonly phase?: Phase;
  /** The session that spoke of it last. */
  readonly sessionId: string;
  readonly sessions: number;
  /** Tasks that a person said are this one. */
  readonly merged: readonly string[];
}

export interface TaskWithEvidence extends Task {
  /** Newest first, at most `EVIDENCE_LIMIT`. What a person said has no record. */
  readonly evidence: readonly TaskEvidence[];
}

export interface TaskEvidence {
  readonly fact: TaskFact;
  /** Undefined for a person's word, and where retention has deleted it. */
  readonly record?: Pick<TrackedRecord, "id" | "sessionId" | "origin">;
}

/** What a person says of a task. A field that is left out stays; null takes the person's word back. */
export interface TaskChange {
  readonly status?: TaskStatus | null;
  /** 0 to 100. */
  readonly priority?: number | null;
  readonly owner?: string | null;
  readonly note?: string | null;
  readonly subject?: string | null;
  /** Who says so, as far as known. */
  readonly by?: string;
}
