import type { Connection, Driver, UseOptions } from "../drivers/driver.ts";
import type { TransactionOptions } from "./database.ts";
import { isConnectionLost } from "./failures.ts";
import { inRead, inWrite } from "./session.ts";

type Work<Result> = (connection: Connection) => Promise<Result>;
export type WriteOptions = UseOptions &
  Pick<TransactionOptions, "isolation" | "dryRun"> & {
    /** Only reads: with an isolation of its own, and not repeated. */
    readonly readOnly?: boolean;
  };

/** Transactions on a driver's connections, begun again where that is safe. */
export interface Attempts {
  /** Read-only and rolled back; made again where the connection ended under it. */
  reading<Result>(work: Work<Result>, use: UseOptions): Promise<Result>;
  /** Committed; begun again only where the connection had ended before the work began. */
  writing<Result>(work: Work<Result>, options: WriteOptions): Promise<Result>;
}

/** A server that restarts, or an owner of a folder that is killed, ends every connection of the pool. */
const MOST = 4;

export function createAttempts(driver: Driver): Attempts {
  return {
    reading(work, use) {
      return again(use, () =>
        driver.use((connection) => inRead(connection, use, () => work(connection)), use),
      );
    },
    writing(work, options) {
      let begun = false;
      const begin = (connection: Connection) => () => {
        begun = true;
        return work(connection);
      };
      const attempt = () =>
        driver.use((connection) => inWrite(connection, options, begin(connection)), options);
      return again(options, attempt, () => options.readOnly === true || !begun);
    },
  };
}

async function again<Result>(
  { signal }: UseOptions,
  attempt: () => Promise<Result>,
  isSafe: () => boolean = () => true,
): Promise<Result> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === MOST || !isConnectionLost(error) || !isSafe() || signal?.aborted) throw error;
    }
  }
}
