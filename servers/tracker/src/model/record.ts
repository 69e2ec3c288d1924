import type { JsonObject } from "@trestle/protocol";

/**
 * One unit of a source, stored exactly once: a line of a transcript, a line of a log, a message of a pasted chat.
 * Formats differ; what is derived from records (tasks, errors, usage) reads only this.
 */
export interface TrackedRecord {
  /** Unique in a store and the same however often its line is read: `recordId`. */
  readonly id: string;
  /** `<agent>:<id the agent gave>`; for a log `log:<source>`. */
  readonly sessionId: string;
  /** The subagent that wrote it; undefined for the session's own lane. */
  readonly laneId?: string;
  /** Milliseconds since 1970: when it happened; where the line says nothing, when it was first read. */
  readonly at: number;
  /** As the source calls it: `assistant`, `system/compact_boundary`, `line`. Unknown types are kept. */
  readonly type: string;
  readonly origin: Origin;
  readonly parts: readonly Part[];
  /** What the line says of its session; left out where it says nothing new to its reader. */
  readonly session?: SessionFacts;
}

/** Where a record stands, so that a person can look: evidence of everything derived from it. */
export interface Origin {
  /** The watched source, as `watch` lists it. */
  readonly source: string;
  readonly path: string;
  /** Byte at which the line begins. */
  readonly offset: number;
  /** What the agent itself calls the line. */
  readonly uuid?: string;
}

export interface SessionFacts {
  readonly agent?: Agent;
  readonly cwd?: string;
  readonly branch?: string;
  readonly agentVersion?: string;
  readonly title?: string;
  /** Session that it goes on from, or that started it. */
  readonly parent?: string;
}

export type Agent = "claude-code" | "codex" | "gemini" | "chat" | "log";

export type Part =
  | PromptPart
  | ReplyPart
  | CallPart
  | ResultPart
  | TaskPart
  | UsagePart
  | NoticePart
  | LinePart;

/** What a person said; never what a tool or the agent put into their mouth. */
export interface PromptPart {
  readonly kind: "prompt";
  readonly text: string;
}

export interface ReplyPart {
  readonly kind: "reply";
  readonly text: string;
  /** Does the agent's turn end here? */
  readonly final?: boolean;
  readonly thinking?: boolean;
}

/** A tool was called. */
export interface CallPart {
  readonly kind: "call";
  readonly callId: string;
  readonly tool: string;
  readonly input: JsonObject;
}

/** What a called tool answered. */
export interface ResultPart {
  readonly kind: "result";
  readonly callId: string;
  readonly ok: boolean;
  readonly text: string;
  readonly exitCode?: number;
  readonly durationMs?: number;
}

/** A structured statement about tasks: of a task tool, a todo list, a plan. */
export interface TaskPart {
  readonly kind: "task";
  readonly source: "task-tool" | "todo-list" | "plan";
  /** Ids of agents restart at 1 in each list. */
  readonly listId: string;
  /** Undefined: `items` is the whole list, and what it no longer names is superseded. */
  readonly taskId?: string;
  readonly items: readonly TaskItem[];
}

export interface TaskItem {
  readonly subject?: string;
  readonly description?: string;
  readonly status?: "pending" | "in_progress" | "completed" | "deleted";
  readonly owner?: string;
  readonly priority?: "high" | "medium" | "low";
  readonly blocks?: readonly string[];
  readonly blockedBy?: readonly string[];
}

/** Tokens of one response; a response may be told several times, and the last word counts. */
export interface UsagePart {
  readonly kind: "usage";
  readonly responseId: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Of `cacheWriteTokens`, those kept for an hour, which cost more. */
  readonly cacheWriteHourTokens?: number;
}

/** What the agent's program says: a compaction, an error of the model's API, a pull request opened, the end. */
export interface NoticePart {
  readonly kind: "notice";
  readonly notice: "compaction" | "api_error" | "interrupted" | "pull_request" | "end" | "other";
  readonly text: string;
}

export interface LinePart {
  readonly kind: "line";
  readonly text: string;
  readonly level?: "debug" | "info" | "warning" | "error" | "fatal";
  /** The part of a system that wrote it, where the line tells one. */
  readonly component?: string;
}
