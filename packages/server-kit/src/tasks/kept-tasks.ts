import { type Clock, RPC, RpcError } from "@trestle/protocol";
import { isTerminal, type TaskReport } from "./report.ts";

/** How long what a task came to can be asked for. */
export const KEEP_MS = 3_600_000;
const MOST_TASKS = 1_000;
/** Of what tasks came to, as JSON. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface KeptTask {
  readonly id: string;
  readonly principal: string;
  report: TaskReport;
}

/**
 * The tasks of all callers that can be asked for. Where there is no room for one more, or for what one came to, the
 * caller who has the most gives up what ended longest ago: nobody pushes out what others have. What runs stays.
 */
export interface KeptTasks<Task extends KeptTask> {
  get(id: string): Task | undefined;
  /** Throws where so many run that nothing can be given up. */
  add(task: Task): void;
  /** Makes room for what it came to; false where that is too much, even with all else of its caller given up. */
  ended(task: Task): boolean;
}

export function createKeptTasks<Task extends KeptTask>(clock: Clock): KeptTasks<Task> {
  const tasks = new Map<string, Task>();
  const bytes = new Map<string, number>();

  function forget({ id }: Task): void {
    tasks.delete(id);
    bytes.delete(id);
  }

  function forgetOld(): void {
    const since = clock.now() - KEEP_MS;
    for (const task of tasks.values()) if (hasEnded(task) && endOf(task) < since) forget(task);
  }

  /** Of those that ended, the oldest of the caller for whom the figures of all add up to the most. */
  function spare(figure: (task: Task) => number): Task | undefined {
    const sums = new Map<string, number>();
    const oldest = new Map<string, Task>();
    for (const task of tasks.values()) {
      const { principal } = task;
      sums.set(principal, (sums.get(principal) ?? 0) + figure(task));
      if (!hasEnded(task)) continue;
      const before = oldest.get(principal);
      if (before === undefined || endOf(task) < endOf(before)) oldest.set(principal, task);
    }
    const [first] = [...oldest.keys()].sort((a, b) => (sums.get(b) ?? 0) - (sums.get(a) ?? 0));
    return first === undefined ? undefined : oldest.get(first);
  }

  const sizeOf = ({ id }: Task) => bytes.get(id) ?? 0;

  return {
    get(id) {
      forgetOld();
      return tasks.get(id);
    },
    add(task) {
      forgetOld();
      if (tasks.size >= MOST_TASKS) {
        const given = spare(() => 1);
        if (given === undefined) {
          const words = `${MOST_TASKS} tasks are running already: wait until some of them end.`;
          throw new RpcError(RPC.internal, words);
        }
        forget(given);
      }
      tasks.set(task.id, task);
    },
    ended(task) {
      if (tasks.get(task.id) !== task) return true;
      const { result, error } = task.report;
      bytes.set(task.id, Buffer.byteLength(JSON.stringify([result, error])));
      for (;;) {
        if ([...bytes.values()].reduce((sum, each) => sum + each, 0) <= MOST_BYTES) return true;
        const given = spare(sizeOf) ?? task;
        if (given === task) break;
        forget(given);
      }
      bytes.delete(task.id);
      return false;
    },
  };
}

function hasEnded({ report }: KeptTask): boolean {
  return isTerminal(report.status);
}

function endOf({ report }: KeptTask): number {
  return report.updatedAt;
}
