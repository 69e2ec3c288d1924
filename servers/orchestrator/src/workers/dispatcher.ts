import type { ReadyTask } from "./task.ts";

/**
 * Tells workers which tasks are ready. It keeps nothing that matters: what it loses is announced again after a
 * while, and what it tells twice is claimed once.
 */
export interface Dispatcher {
  /** False where nobody could be told. Never rejects, and never waits long. */
  announce(tasks: readonly ReadyTask[]): Promise<boolean>;
  /** From now on hands tasks to `take`, as many at once as `concurrency`; each is over when its promise is. */
  consume(concurrency: number, take: TakeTasks): void;
  /** Hands nothing out any more. */
  close(): Promise<void>;
}

export interface Taking {
  /** These, … */
  readonly places?: readonly string[];
  /** … or so many of those that wait longest. */
  readonly most?: number;
  readonly onClaimed?: (count: number) => void;
  /** Called for each that was claimed. */
  readonly onEnded?: () => void;
}

/** Claims and does tasks; resolves when they are done, and rejects where none could be claimed. */
export type TakeTasks = (taking: Taking) => Promise<void>;
