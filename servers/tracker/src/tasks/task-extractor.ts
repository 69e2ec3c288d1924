import type { AddFact, ExtractorKind } from "../facts/extractor.ts";
import type { Part, TrackedRecord } from "../model/record.ts";
import { parseMemory } from "../transcripts/recent.ts";
import { codeComments } from "./code-comments.ts";
import { failingTests } from "./failing-tests.ts";
import { lastWords } from "./last-words.ts";
import { listedTasks } from "./listed-tasks.ts";
import { pullRequests } from "./pull-requests.ts";
import { QUIET } from "./quiet-record.ts";
import type { TaskDirectory } from "./task-directory.ts";
import type { OpenTaskRule, TaskBook } from "./task-rule.ts";
import { unansweredRequests } from "./unanswered-requests.ts";

/** Structured sources first. */
const RULES: Readonly<Record<string, OpenTaskRule>> = {
  listedTasks,
  failingTests,
  codeComments,
  pullRequests,
  lastWords,
  unansweredRequests,
};
/** A subagent's words are for the agent that sent it, not for a person: only its lists, edits and tests count. */
const IN_LANES = new Set(["listedTasks", "failingTests", "codeComments", "pullRequests"]);

/** Tasks that are named, and tasks that are left. `directory` knows those of all sessions. */
export function createTaskExtractor(directory: TaskDirectory): ExtractorKind {
  return {
    name: "tasks",
    open(memory) {
      const before = parseMemory<Record<string, object>>(memory, {});
      const rules = Object.entries(RULES).map(([name, open]) => ({
        name,
        ...open({ ...before[name] }),
      }));
      return {
        take(record, add, project = "") {
          const tasks = bookFor(directory, record, add, project);
          const endsSession = record.type === QUIET || record.type === "hook/SessionEnd";
          const endsTurn = endsSession || record.parts.some(isEndOfTurn);
          for (const { name, take } of rules) {
            if (record.laneId !== undefined && !IN_LANES.has(name)) continue;
            take({ record, endsTurn, endsSession, tasks });
          }
        },
        memory() {
          const said = rules.flatMap(({ name, memory }) => {
            const value = memory();
            return value === undefined ? [] : [[name, value] as const];
          });
          return said.length === 0 ? "" : JSON.stringify(Object.fromEntries(said));
        },
      };
    },
  };
}

function isEndOfTurn(part: Part): boolean {
  // What a person says next ends the turn before it.
  if (part.kind === "prompt") return true;
  if (part.kind === "reply") return part.final === true;
  return part.kind === "notice" && part.notice === "end";
}

function bookFor(
  directory: TaskDirectory,
  { id: recordId, at }: TrackedRecord,
  add: AddFact,
  project: string,
): TaskBook {
  return {
    identify: (subject, options) =>
      directory.identify({ project, subject, at, recordId, ...options }),
    say: (taskId, fact) => {
      if (fact.status !== undefined)
        directory.noteDone(taskId, fact.status === "done" ? at : undefined);
      add("tasks", { taskId, ...fact });
    },
  };
}
