import type { Phase } from "./phase.ts";

/** What is derived from records. Every fact names the record that shows it, and is stored with it or not at all. */
export interface Facts {
  readonly tasks: readonly TaskFact[];
  readonly errors: readonly ErrorFact[];
  readonly runs: readonly RunFact[];
  readonly edits: readonly EditFact[];
  readonly usage: readonly UsageFact[];
}

interface Fact {
  /** `<record id>#<n>`: the same line gives the same facts, in the same order. */
  readonly id: string;
  readonly recordId: string;
  readonly sessionId: string;
  readonly laneId?: string;
  readonly project: string;
  readonly at: number;
}

/** One thing that was said of a task. A task is the fold of its facts. */
export interface TaskFact extends Fact {
  /** Which task: the same over sessions, worktrees and compactions. */
  readonly taskId: string;
  readonly source: TaskSource;
  readonly subject?: string;
  readonly description?: string;
  readonly status?: TaskStatus;
  readonly owner?: string;
  readonly blockedBy?: readonly string[];
  /** 0 to 100, 100 the most urgent. */
  readonly priority?: number;
  readonly note?: string;
  /** Of a person's word: whose. */
  readonly by?: string;
  /**
   * The earlier record that shows it, where `recordId` only ended the wait: a reply turns out to have been the last
   * of its turn, a request to be unanswered.
   */
  readonly shownBy?: string;
  /** What the session was about then; left out where no sign tells it. */
  readonly phase?: Phase;
  /** How sure the rule is that this is a task in this state, 0 to 1; a structured source says 1. */
  readonly confidence: number;
}

/** From the most trusted to the least; a person's word wins. */
export type TaskSource =
  | "person"
  | "task-tool"
  | "todo-list"
  | "plan"
  | "failing-test"
  | "unfinished-words"
  | "unanswered-request"
  | "code-comment"
  | "pull-request";

export type TaskStatus = "open" | "in_progress" | "blocked" | "done" | "abandoned" | "superseded";

/** Something failed. */
export interface ErrorFact extends Fact {
  readonly class: ErrorClass;
  /** Tool, or component of a log. */
  readonly component: string;
  /** First words of the command, where a command failed. */
  readonly command?: string;
  /** Of the error itself: `TypeError`, `ENOENT`. */
  readonly type?: string;
  /** Masked of numbers, paths, ids. */
  readonly message: string;
  /** `<version>:<hash>`: of the group. */
  readonly group: string;
  /** Coarser: without frames. */
  readonly family: string;
  /** Drain's template of the message. */
  readonly template: string;
  /** Files that the error or its call names. */
  readonly files: readonly string[];
  readonly phase?: Phase;
}

/** `rejected`, `interrupted` and `sibling` are no failures to alert on. */
export type ErrorClass =
  | "rejected"
  | "interrupted"
  | "sibling"
  | "not-found"
  | "permission"
  | "timeout"
  | "exit-code"
  | "hook"
  | "api"
  | "invalid-input"
  | "network"
  | "exception"
  | "other";

/** A command or tool ran to its end. */
export interface RunFact extends Fact {
  /** The command without what changes from run to run. */
  readonly command: string;
  readonly tool: string;
  readonly ok: boolean;
  readonly durationMs?: number;
  /** Is it a run of tests? */
  readonly test: boolean;
}

/** A file was written by an agent. */
export interface EditFact extends Fact {
  readonly path: string;
}

/** Of one response of a model; a later fact of the same response replaces it. */
export interface UsageFact extends Fact {
  readonly responseId: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWriteHourTokens: number;
}
