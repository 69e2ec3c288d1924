import type { Attempt } from "../engine/turn.ts";

/** One attempt that some worker is to make. */
export interface Task {
  /** Its place in the database. */
  readonly place: string;
  readonly run: string;
  /** Which piece of work of the run, as `keyOf` names it. */
  readonly unit: string;
  /** Higher with each claim and each new attempt: whoever holds an older one may change nothing. */
  readonly fence: number;
  readonly attempt: Attempt;
  /** In whose name it calls. */
  readonly grant: string;
}

/** A task that waits for a worker. */
export interface ReadyTask {
  readonly place: string;
  readonly fence: number;
}

/** A claim, by which its holder proves itself. */
export interface Claim {
  readonly place: string;
  readonly fence: number;
}
