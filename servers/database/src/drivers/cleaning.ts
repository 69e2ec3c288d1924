import { sendWhole } from "./statement.ts";
import type { WireClient, WireConnection } from "./wire-connection.ts";

/** What a client runs before its connection goes back: one round trip. */
export interface Cleaning {
  /** No transaction is open any more; or the connection is lost, which comes to the same. Never rejects. */
  readonly rolledBack: Promise<void>;
  /** Nothing is left of what was done. Rejects where that is not sure: the connection must not be used again. */
  readonly done: Promise<void>;
  submit(connection: WireConnection): void;
}

/** No setting, temporary table, lock, prepared statement or subscription is left. */
const FORGET = "DISCARD ALL";

/** Rolls back where that is needed, has the answer to that sent at once, and goes on to clean the session. */
export function createCleaning(client: WireClient): Cleaning {
  const rolledBack = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let isOpen = false;
  let isOver = false;

  const handlers = {
    handleRowDescription() {},
    handleDataRow() {},
    handlePortalSuspended() {},
    handleEmptyQuery() {},
    handleCopyInResponse() {},
    handleCopyData() {},
    handleCommandComplete() {
      isOpen = false;
      rolledBack.resolve();
    },
    handleReadyForQuery() {
      isOver = true;
      done.resolve();
    },
    handleError(error: Error, connection: WireConnection) {
      // After a failure in the extended protocol the server waits for the end of its group.
      if (isOpen && !isOver) connection.sync();
      isOver = true;
      rolledBack.resolve();
      done.reject(error);
    },
  };

  return {
    rolledBack: rolledBack.promise,
    done: done.promise,
    submit(connection) {
      // Only now is everything before it answered, and the state known.
      isOpen = client.getTransactionStatus?.() !== "I";
      connection.stream.cork?.();
      if (isOpen) {
        sendWhole(connection, "ROLLBACK");
        connection.flush();
      } else rolledBack.resolve();
      connection.query(FORGET);
      connection.stream.uncork?.();
    },
    ...handlers,
  };
}
