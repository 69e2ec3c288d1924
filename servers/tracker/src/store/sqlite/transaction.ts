import { isTrestleError } from "@trestle/protocol";
import type { Sqlite, SqlStatement } from "@trestle/store";

/** What is written, made from what was read before; it is written only where nothing changed in between. */
export interface Change<Result> {
  readonly statements: readonly SqlStatement[];
  readonly result: Result;
}

export interface Transactions {
  /**
   * Reads, plans and writes as if alone. `plan` may be called again, where another process wrote meanwhile;
   * what it throws is thrown.
   */
  change<Result>(plan: () => Change<Result> | Promise<Change<Result>>): Promise<Result>;
}

const MAX_ATTEMPTS = 20;

/** `forget` is called where what was remembered of the file may no longer be so. */
export function createTransactions(sqlite: Sqlite, forget: () => void): Transactions {
  let turn: Promise<unknown> = Promise.resolve();

  async function attempt<Result>(
    plan: () => Change<Result> | Promise<Change<Result>>,
  ): Promise<Result> {
    for (let attempts = 1; ; attempts += 1) {
      const commits = commitsOf(sqlite);
      try {
        const { statements, result } = await plan();
        if (statements.length > 0)
          await sqlite.write([{ ...takeTurn, params: { commits } }, ...statements]);
        return result;
      } catch (error) {
        forget();
        const overtaken =
          isTrestleError(error) && error.code === "conflict" && commitsOf(sqlite) !== commits;
        if (!overtaken || attempts === MAX_ATTEMPTS) throw error;
      }
    }
  }

  return {
    change(plan) {
      const done = turn.then(() => attempt(plan));
      turn = done.catch(() => {});
      return done;
    },
  };
}

/** Fails, and the whole write with it, where another has written since. */
const takeTurn: SqlStatement = {
  sql: "UPDATE turn SET commits = CASE commits WHEN :commits THEN commits + 1 END",
};

function commitsOf(sqlite: Sqlite): number {
  return Number(sqlite.read("SELECT commits FROM turn")[0]?.commits);
}
