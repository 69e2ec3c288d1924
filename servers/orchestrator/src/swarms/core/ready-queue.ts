import type { TaskRecord } from "../model.ts";

/** Tasks that are ready: the highest priority first, of those the one submitted first. */
export interface ReadyQueue {
  readonly size: number;
  add(task: TaskRecord): void;
  remove(task: TaskRecord): void;
  /** Ids, in order. Adding and removing while it runs is not allowed. */
  [Symbol.iterator](): IterableIterator<string>;
}

interface Place {
  readonly seq: number;
  readonly id: string;
}

const PRIORITIES = 10;

export function createReadyQueue(): ReadyQueue {
  const levels: Place[][] = Array.from({ length: PRIORITIES }, () => []);
  let size = 0;
  const levelOf = ({ priority }: TaskRecord) => levels[PRIORITIES - 1 - priority] ?? [];
  return {
    get size() {
      return size;
    },
    add(task) {
      const level = levelOf(task);
      const at = placeOf(level, task.seq);
      if (level[at]?.seq === task.seq) return;
      level.splice(at, 0, { seq: task.seq, id: task.id });
      size += 1;
    },
    remove(task) {
      const level = levelOf(task);
      const at = placeOf(level, task.seq);
      if (level[at]?.seq !== task.seq) return;
      level.splice(at, 1);
      size -= 1;
    },
    *[Symbol.iterator]() {
      for (const level of levels) for (const { id } of level) yield id;
    },
  };
}

/** Where the number is, or would be. */
function placeOf(level: readonly Place[], seq: number): number {
  let low = 0;
  let high = level.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((level[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
