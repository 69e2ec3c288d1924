import { TrestleError } from "@trestle/protocol";
import type { Command, Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";

export interface Change<Result> {
  readonly commands: readonly Command[];
  readonly result: Result;
}

export interface Transactions {
  /** Reads, plans and writes as if alone, among all instances: planned again where another wrote meanwhile. */
  change<Result>(plan: () => Promise<Change<Result>>): Promise<Result>;
}

const MAX_ATTEMPTS = 50;

export function createTransactions(redis: Connection, keys: Keys): Transactions {
  let turn: Promise<unknown> = Promise.resolve();

  async function attempt<Result>(plan: () => Promise<Change<Result>>): Promise<Result> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      // A watch that comes to nothing stays: at worst the next change is planned twice.
      const watch = await redis.watch(keys.commits);
      const { commands, result } = await plan();
      if (commands.length === 0) return result;
      if (await redis.execute([["INCR", keys.commits], ...commands], watch)) return result;
    }
    throw new TrestleError(
      "unavailable",
      "Other instances write to this Redis all the time; try again.",
      {
        retryable: true,
      },
    );
  }

  return {
    change(plan) {
      const done = turn.then(() => attempt(plan));
      turn = done.catch(() => {});
      return done;
    },
  };
}
