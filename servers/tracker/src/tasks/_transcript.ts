import { createFactCollector } from "../facts/extractor.ts";
import type { TaskFact, TaskSource, TaskStatus } from "../model/facts.ts";
import type { Part, TrackedRecord } from "../model/record.ts";
import { quietRecord } from "./quiet-record.ts";
import { createTaskDirectory, type TaskDirectory } from "./task-directory.ts";
import { createTaskExtractor } from "./task-extractor.ts";

/** For tests: a session in a few words. `user`, `reply` (which goes on), `last` (which ends the turn), calls with answers. */
export type Said =
  | { readonly user: string }
  | { readonly reply: string }
  | { readonly last: string }
  | { readonly run: string; readonly ok?: boolean; readonly output?: string }
  | { readonly tool: string; readonly input: Record<string, never> | object; readonly ok?: boolean }
  | { readonly task: Omit<Extract<Part, { kind: "task" }>, "kind" | "listId"> }
  | {
      readonly notice: "interrupted" | "api_error" | "compaction" | "pull_request";
      readonly text?: string;
    };

export interface FinalTask {
  readonly id: string;
  readonly source: TaskSource;
  readonly subject: string;
  readonly status: TaskStatus;
}

interface Run {
  readonly sessionId?: string;
  readonly project?: string;
  readonly directory?: TaskDirectory;
  /** A new extractor for each record, which knows only what the one before remembered. */
  readonly isRestless?: boolean;
  readonly endsQuietly?: boolean;
}

/** The facts of a session. */
export function factsOf(said: readonly Said[], run: Run = {}): readonly TaskFact[] {
  const { sessionId = "s", project = "p", directory = createTaskDirectory() } = run;
  const records = said.flatMap((each, index) => recordsOf(each, index, sessionId));
  const last = records.at(-1);
  const all =
    last === undefined || run.endsQuietly === false
      ? records
      : [...records, quietRecord(last, 9e5)];
  const kind = createTaskExtractor(directory);
  const collector = createFactCollector();
  let extractor = kind.open("");
  for (const record of all) {
    if (run.isRestless === true) extractor = kind.open(extractor.memory());
    extractor.take(record, collector.of(record, project), project);
  }
  return collector.facts.tasks;
}

/** What the facts of a task say together, as a store folds them: the last status, the first source. */
export function finalTasks(facts: readonly TaskFact[]): readonly FinalTask[] {
  const tasks = new Map<string, FinalTask>();
  for (const { taskId, source, subject, status } of facts) {
    const before = tasks.get(taskId) ?? { id: taskId, source, subject: "", status: "open" };
    tasks.set(taskId, {
      ...before,
      subject: subject ?? before.subject,
      status: status ?? before.status,
    });
  }
  return [...tasks.values()];
}

function recordsOf(said: Said, index: number, sessionId: string): readonly TrackedRecord[] {
  return partsOf(said, `c${index}`, sessionId).map((part, n) => ({
    id: `${sessionId}/${index}.${n}`,
    sessionId,
    at: 1_000 * index + n,
    type: "line",
    origin: { source: "test", path: "/x", offset: index },
    parts: [part],
  }));
}

function partsOf(said: Said, callId: string, sessionId: string): readonly Part[] {
  if ("user" in said) return [{ kind: "prompt", text: said.user }];
  if ("reply" in said) return [{ kind: "reply", text: said.reply }];
  if ("last" in said) return [{ kind: "reply", text: said.last, final: true }];
  if ("task" in said) return [{ kind: "task", listId: sessionId, ...said.task }];
  if ("notice" in said) return [{ kind: "notice", notice: said.notice, text: said.text ?? "" }];
  const { ok = true } = said;
  const tool = "run" in said ? "Bash" : said.tool;
  const input = "run" in said ? { command: said.run } : { ...said.input };
  const text = "run" in said ? (said.output ?? "") : "";
  return [
    { kind: "call", callId, tool, input },
    { kind: "result", callId, ok, text },
  ];
}
