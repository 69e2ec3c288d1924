import type { TaskFact, TaskSource, TaskStatus } from "../../model/facts.ts";
import type { Phase } from "../../model/phase.ts";
import type { Task, TaskChange } from "../../model/task.ts";

/** The fields of a task that facts and people speak of. */
interface Fields {
  readonly subject: string;
  readonly description: string;
  readonly status: TaskStatus;
  readonly owner: string;
  readonly note: string;
  readonly priority: number;
  readonly blockedBy: readonly string[];
}

/** Facts in any order give the same state: of each field the most trusted source counts, and of one source the last. */
export interface TaskState {
  readonly id: string;
  readonly said: { readonly [Name in keyof Fields]?: Said<Fields[Name]> };
  /** What people said. It counts before all facts; null was taken back. */
  readonly words: { readonly [Name in keyof Fields]?: Word<Fields[Name]> };
  readonly source: TaskSource;
  readonly confidence: number;
  readonly createdAt: number;
  readonly last: {
    readonly at: number;
    readonly id: string;
    readonly sessionId: string;
    readonly project: string;
  };
  readonly facts: number;
  /** Those that spoke of it, at most `MAX_SESSIONS`. */
  readonly sessions: readonly string[];
  readonly merged: readonly string[];
  readonly phase?: Phase;
  readonly score?: number;
  readonly terms?: Readonly<Record<string, number>>;
}

interface Said<Value> {
  readonly value: Value;
  readonly source: TaskSource;
  readonly at: number;
  readonly id: string;
}

interface Word<Value> {
  readonly value: Value | null;
  readonly at: number;
}

const TRUST: readonly TaskSource[] = [
  "person",
  "task-tool",
  "todo-list",
  "plan",
  "failing-test",
  "unfinished-words",
  "unanswered-request",
  "code-comment",
  "pull-request",
];
const FIELDS = [
  "subject",
  "description",
  "status",
  "owner",
  "note",
  "priority",
  "blockedBy",
] as const;
const FINISHED: readonly TaskStatus[] = ["done", "abandoned", "superseded"];
const MAX_SESSIONS = 200;

export function foldTask(state: TaskState | undefined, fact: TaskFact): TaskState {
  return joinTasks(state, toState(fact));
}

/** Two halves of what is known of one task. */
export function joinTasks(one: TaskState | undefined, other: TaskState): TaskState {
  if (!one) return other;
  const said: Record<string, unknown> = { ...one.said };
  const words: Record<string, unknown> = { ...one.words };
  for (const name of FIELDS) {
    said[name] = better(one.said[name], other.said[name]);
    words[name] = later(one.words[name], other.words[name]);
  }
  const last = isLater(other.last, one.last) ? other.last : one.last;
  const scored = other.score === undefined ? one : other;
  return {
    id: one.id,
    said: said as TaskState["said"],
    words: words as TaskState["words"],
    source: trustOf(other.source) < trustOf(one.source) ? other.source : one.source,
    confidence: Math.max(one.confidence, other.confidence),
    createdAt: Math.min(one.createdAt, other.createdAt),
    last,
    facts: one.facts + other.facts,
    sessions: [...new Set([...one.sessions, ...other.sessions])].slice(0, MAX_SESSIONS),
    merged: [...new Set([...one.merged, ...other.merged])],
    ...withPhase(lastPhase(one.phase, other.phase)),
    ...(scored.score === undefined ? {} : { score: scored.score, terms: scored.terms ?? {} }),
  };
}

/** What a person says, at a time. */
export function changeTask(state: TaskState, change: TaskChange, at: number): TaskState {
  const words: Record<string, unknown> = { ...state.words };
  for (const name of FIELDS) {
    const value = (change as Partial<Record<string, unknown>>)[name];
    if (value !== undefined) words[name] = { value, at };
  }
  return { ...state, words: words as TaskState["words"] };
}

export function toTask(state: TaskState): Task {
  const { id, last, source, confidence, createdAt, facts, merged, terms } = state;
  const status = fieldOf(state, "status");
  const person = state.words.status?.value != null;
  const optional = {
    description: fieldOf(state, "description"),
    owner: fieldOf(state, "owner"),
    note: fieldOf(state, "note"),
    phase: state.phase,
    terms,
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    id,
    project: last.project,
    subject: fieldOf(state, "subject") ?? "",
    status: status ?? "open",
    statusSource: person ? "person" : (state.said.status?.source ?? source),
    statusAt: (person ? state.words.status?.at : state.said.status?.at) ?? createdAt,
    blockedBy: fieldOf(state, "blockedBy") ?? [],
    priority: state.words.priority?.value ?? state.score ?? state.said.priority?.value ?? 0,
    ...{ source, confidence, createdAt, facts, merged },
    updatedAt: last.at,
    sessionId: last.sessionId,
    sessions: state.sessions.length,
    ...Object.fromEntries(present),
  };
}

/** When the task came to an end; undefined for one that has not. */
export function finishedAt({ status, statusAt }: Task): number | undefined {
  return FINISHED.includes(status) ? statusAt : undefined;
}

/** What `text` of a query is looked for in. */
export function textOf({ subject, description, note }: Task): string {
  return [subject, description, note].filter((text) => text !== undefined).join("\n");
}

function toState(fact: TaskFact): TaskState {
  const { id, taskId, source, at, sessionId, project, confidence } = fact;
  const isPerson = source === "person";
  const told = FIELDS.filter((name) => fact[name] !== undefined);
  const entries = told.map((name) => [
    name,
    isPerson ? { value: fact[name], at } : { value: fact[name], source, at, id },
  ]);
  const fields = Object.fromEntries(entries);
  return {
    id: taskId,
    said: isPerson ? {} : fields,
    words: isPerson ? fields : {},
    ...{ source, confidence },
    createdAt: at,
    last: { at, id, sessionId, project },
    facts: 1,
    sessions: sessionId === "" ? [] : [sessionId],
    merged: [],
    ...withPhase(fact.phase),
  };
}

const withPhase = (phase: Phase | undefined) => (phase === undefined ? {} : { phase });

/** Facts come in any order. */
export function lastPhase(one: Phase | undefined, other: Phase | undefined): Phase | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.at === other.at) return one.recordId > other.recordId ? one : other;
  return one.at > other.at ? one : other;
}

function fieldOf<Name extends keyof Fields>(
  state: TaskState,
  name: Name,
): Fields[Name] | undefined {
  return state.words[name]?.value ?? state.said[name]?.value;
}

function better(one?: Said<unknown>, other?: Said<unknown>): Said<unknown> | undefined {
  if (!one || !other) return one ?? other;
  const trust = trustOf(other.source) - trustOf(one.source);
  return trust < 0 || (trust === 0 && isLater(other, one)) ? other : one;
}

function later(one?: Word<unknown>, other?: Word<unknown>): Word<unknown> | undefined {
  if (!one || !other) return one ?? other;
  return other.at >= one.at ? other : one;
}

function isLater(one: { at: number; id: string }, other: { at: number; id: string }): boolean {
  return one.at === other.at ? one.id > other.id : one.at > other.at;
}

const trustOf = (source: TaskSource): number => TRUST.indexOf(source);
