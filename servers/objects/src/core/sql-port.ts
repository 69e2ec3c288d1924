export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * All that the core needs of a host: synchronous SQLite. `ctx.storage` of a Durable Object is one, and so is
 * `node:sqlite`. There, as here, one turn is one transaction.
 */
export interface SqlPort {
  run(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[];
  /** Undoes all that `work` wrote where it throws; never inside another. */
  transaction<Result>(work: () => Result): Result;
}
