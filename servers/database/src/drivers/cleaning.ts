import { createOutgoing, type Outgoing, send } from "./outgoing.ts";
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

const MESSAGES = {
  forget: messages(({ query }) => query(FORGET)),
  rollBack: messages(({ whole, query }) => {
    whole("ROLLBACK");
    query(FORGET);
  }),
  rollBackFirst: messages(({ whole, flush, query }) => {
    whole("ROLLBACK");
    flush();
    query(FORGET);
  }),
  sync: messages(({ sync }) => sync()),
};

function messages(write: (outgoing: Outgoing) => void): Uint8Array {
  const outgoing = createOutgoing();
  write(outgoing);
  return outgoing.bytes();
}

/**
 * Rolls back where that is needed, and cleans the session. `flushes`: the server answers group by group, and
 * knows the last word by its standing alone.
 */
export function createCleaning(client: WireClient, flushes: boolean): Cleaning {
  const rolledBack = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let wasOpen = false;

  const handlers = {
    handleRowDescription() {},
    handleDataRow() {},
    handlePortalSuspended() {},
    handleEmptyQuery() {},
    handleCopyInResponse() {},
    handleCopyData() {},
    handleCommandComplete() {},
    handleReadyForQuery() {
      rolledBack.resolve();
      done.resolve();
    },
    handleError(error: Error, connection: WireConnection) {
      rolledBack.resolve();
      done.reject(error);
      if (!wasOpen) return;
      // After a failure in the extended protocol the server waits for the end of its group.
      send(connection, MESSAGES.sync);
    },
  };

  return {
    rolledBack: rolledBack.promise,
    done: done.promise,
    submit(connection) {
      // Only now is everything before it answered, and the state known.
      wasOpen = client.getTransactionStatus?.() !== "I";
      if (!wasOpen) rolledBack.resolve();
      const rollBack = flushes ? MESSAGES.rollBackFirst : MESSAGES.rollBack;
      send(connection, wasOpen ? rollBack : MESSAGES.forget);
    },
    ...handlers,
  };
}
