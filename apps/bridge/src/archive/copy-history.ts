import { isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { Row } from "@trestle/store";
import type { Outgoing } from "../state/history/outgoing.ts";
import type { Query } from "./connection.ts";
import { insertExecutions } from "./execution-rows.ts";

export interface HistoryCopyParts {
  readonly outgoing: Outgoing;
  readonly home: string;
  readonly query: Query;
  readonly log: Logger;
}

/** Copies executions in batches. What was copied is remembered after it was: a crash between copies it again, once. */
export interface HistoryCopy {
  /** Copies one batch; true where there is more. */
  step(): Promise<boolean>;
  /** Rows that Postgres refused. */
  refused(): number;
}

const BATCH = 500;

export function createHistoryCopy({ outgoing, home, query, log }: HistoryCopyParts): HistoryCopy {
  let refused = 0;

  async function insert(rows: readonly Row[]): Promise<void> {
    try {
      await insertExecutions(query, home, rows);
    } catch (error) {
      if (!isTrestleError(error) || error.code !== "invalid_input") throw error;
      if (rows.length > 1) {
        // One of them cannot be stored, ever: the others can.
        for (const row of rows) await insert([row]);
        return;
      }
      refused += 1;
      log.warn("A history row was not copied", { error: messageOf(error) });
    }
  }

  return {
    async step() {
      const batch = outgoing.next(BATCH);
      if (batch.rows.length === 0) return false;
      await insert(batch.rows);
      await outgoing.copied(batch);
      return batch.rows.length >= BATCH;
    },
    refused: () => refused,
  };
}
