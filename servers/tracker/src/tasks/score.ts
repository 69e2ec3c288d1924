import type { Task } from "../model/task.ts";

/** What is known of the surroundings of a task, when it is scored. */
export interface ScoreSignals {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Unfinished tasks that wait for this one. */
  readonly blocks: number;
  /** Errors of its project or files in the last week. */
  readonly errors: number;
  /** Health targets that are not up and that it concerns. */
  readonly unhealthyTargets: number;
}

export interface Score {
  /** 0 to 100. */
  readonly score: number;
  /** What the score is the sum of, before it is cut to 100; terms of nothing are left out. */
  readonly terms: Readonly<Record<string, number>>;
}

const DAY_MS = 86_400_000;
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/\bP0\b|\b(?:critical|blocker|outage|data loss|security hole|vulnerability)\b/i, 40],
  [/\bP1\b|\b(?:urgent(?:ly)?|asap|immediately|high priority|crash(?:es|ing)?)\b/i, 30],
  [/\bP2\b|\b(?:important|soon|broken|regression)\b/i, 15],
  [/\bP[34]\b|\b(?:low priority|nice to have|someday|optional|cosmetic)\b/i, -15],
];
/** A person's own words before what an agent planned for itself. */
const SOURCES: Readonly<Record<Task["source"], number>> = {
  person: 20,
  "unanswered-request": 18,
  "failing-test": 16,
  "pull-request": 12,
  "task-tool": 10,
  "todo-list": 10,
  plan: 8,
  "unfinished-words": 8,
  "code-comment": 2,
};

/** How urgent a task is, as a sum whose terms say why. A priority that a person gave is the store's to keep above it. */
export function scoreTask(
  task: Task,
  { now, blocks, errors, unhealthyTargets }: ScoreSignals,
): Score {
  const text = `${task.subject} ${task.description ?? ""} ${task.note ?? ""}`;
  const days = Math.max(0, now - task.createdAt) / DAY_MS;
  const all: Readonly<Record<string, number>> = {
    words: WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? 0,
    source: SOURCES[task.source],
    blocks: Math.min(20, 7 * blocks),
    errors: Math.min(15, 4 * Math.log2(1 + errors)),
    health: Math.min(20, 10 * unhealthyTargets),
    sessions: Math.min(10, 3 * (task.sessions - 1)),
    // Work grows more urgent for a fortnight; what nobody missed for two months was not.
    age: days <= 60 ? Math.min(10, days * 0.7) : -5,
    begun: task.status === "in_progress" ? 6 : 0,
    waiting: task.status === "blocked" ? -6 : 0,
  };
  const terms = Object.entries(all)
    .map(([name, value]) => [name, Math.round(value * 10) / 10] as const)
    .filter(([, value]) => value !== 0);
  const sum = terms.reduce((total, [, value]) => total + value, 0) * Math.max(task.confidence, 0.3);
  const certain = Math.round(Math.min(100, Math.max(0, sum)) * 10) / 10;
  return { score: certain, terms: Object.fromEntries(terms) };
}
