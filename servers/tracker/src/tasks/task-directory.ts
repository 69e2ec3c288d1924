import { hash } from "node:crypto";
import { isSameSubject, subjectKey, subjectTokens } from "./subject.ts";

/** A task that is stored already. */
export interface KnownTask {
  readonly id: string;
  readonly project: string;
  readonly subject: string;
  /** Undefined while it is not done. */
  readonly doneAt?: number | undefined;
}

export interface NamedTask {
  readonly project: string;
  readonly subject: string;
  /** Milliseconds since 1970: when it was named. */
  readonly at: number;
  /** The record that names it: tells a task from one of the same name that was done before. */
  readonly recordId: string;
  /** Only the very same words: for subjects that are made of a name. */
  readonly exact?: boolean;
}

/**
 * Which task is meant, over sessions, worktrees and compactions: that of the same project whose subject has the same
 * words, unless it was done before. Sessions are read in any order: a task is older than it was read.
 */
export interface TaskDirectory {
  identify(named: NamedTask): string;
  /** `doneAt` is undefined where it is open again. */
  noteDone(id: string, doneAt: number | undefined): void;
}

/** Of each project those that were named last. */
const MOST_TASKS = 2_000;

interface Entry {
  readonly id: string;
  readonly key: string;
  readonly tokens: ReadonlySet<string>;
  doneAt: number | undefined;
}

export function createTaskDirectory(known: Iterable<KnownTask> = []): TaskDirectory {
  const projects = new Map<string, Entry[]>();
  const byId = new Map<string, Entry>();
  for (const { id, project, subject, doneAt } of known) learn(id, project, subject, doneAt);

  function learn(id: string, project: string, subject: string, doneAt?: number): void {
    const entry = { id, key: subjectKey(subject), tokens: subjectTokens(subject), doneAt };
    const entries = projects.get(project) ?? [];
    entries.push(entry);
    byId.set(id, entry);
    const dropped = entries.length > MOST_TASKS ? entries.shift() : undefined;
    if (dropped !== undefined) byId.delete(dropped.id);
    projects.set(project, entries);
  }

  return {
    identify({ project, subject, at, recordId, exact = false }) {
      const key = subjectKey(subject);
      const tokens = subjectTokens(subject);
      const alike = (projects.get(project) ?? []).filter(
        (entry) => entry.key === key || (!exact && isSameSubject(entry.tokens, tokens)),
      );
      const meant = alike.findLast(({ doneAt }) => doneAt === undefined || doneAt >= at);
      if (meant !== undefined) return meant.id;
      const isFirst = !alike.some((entry) => entry.key === key);
      const name = isFirst ? `${project}\n${key}` : `${project}\n${key}\n${recordId}`;
      const id = `task-${hash("sha1", name, "hex").slice(0, 12)}`;
      learn(id, project, subject);
      return id;
    },
    noteDone(id, doneAt) {
      const entry = byId.get(id);
      if (entry !== undefined) entry.doneAt = doneAt;
    },
  };
}
