import { type Logger, messageOf } from "@trestle/protocol";
import type { SwarmState } from "./core/state.ts";
import { swarmOf } from "./core/state.ts";
import { checked } from "./core/work.ts";
import type { Keeper } from "./keeper.ts";
import type { TaskRecord } from "./model.ts";

export interface Verdict {
  readonly passed: boolean;
  /** The end of what the check said. */
  readonly output: string;
}

/** Runs the command that the operator configured under a name; rejects where it cannot be run. */
export type RunCheck = (
  task: Pick<TaskRecord, "id" | "title" | "result" | "doer"> & { readonly swarm: string },
  command: string,
) => Promise<Verdict>;

/** Checks every result that waits for it, once at a time; after a crash again. */
export function createChecking(runCheck: RunCheck, log: Logger) {
  const running = new Map<string, Promise<void>>();

  function start(
    keeper: Keeper,
    swarm: string,
    { id, title, result, doer, check, handedIn }: TaskRecord,
  ): void {
    const name = `${swarm}/${id} ${handedIn}`;
    if (running.has(name) || check === undefined) return;
    const facts = {
      swarm,
      id,
      title,
      ...(result === undefined ? {} : { result }),
      ...(doer ? { doer } : {}),
    };
    const work = runCheck(facts, check.command)
      .catch((error) => ({ passed: false, output: `It could not be run: ${messageOf(error)}` }))
      .then((verdict) =>
        keeper.turn(swarm, (turn) => checked(turn, id, { ...verdict, of: handedIn })),
      )
      .catch((error) =>
        log.warn("a result could not be checked", { task: name, error: messageOf(error) }),
      )
      .finally(() => running.delete(name));
    running.set(name, work);
  }

  return {
    look(keeper: Keeper, state: SwarmState): void {
      for (const id of state.checking) {
        const task = state.records.task.get(id);
        if (task !== undefined) start(keeper, swarmOf(state).id, task);
      }
    },
    /** Waits for those that run. */
    async close(): Promise<void> {
      await Promise.allSettled(running.values());
    },
  };
}
