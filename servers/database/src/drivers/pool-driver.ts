import { type Clock, isTrestleError, type Logger, TrestleError } from "@trestle/protocol";
import type { Pool } from "pg";
import { toDatabaseError } from "../postgres/failures.ts";
import { type Cleaning, createCleaning } from "./cleaning.ts";
import { createConnection } from "./connection.ts";
import type { Connection, Driver, DriverKind, UseOptions } from "./driver.ts";
import { limitMessages } from "./message-limit.ts";
import { tooLarge } from "./statement.ts";
import { cancelled, createWatch, type Watch } from "./watch.ts";
import { breakOff, type WireClient } from "./wire-connection.ts";

export interface PoolDriverParts {
  readonly kind: DriverKind;
  /** Made at first need: whoever only lists the tools connects to nothing. */
  readonly openPool: () => Promise<Pool>;
  /** Asks the server to stop what this client runs. Rejects where that could not be asked. */
  readonly cancel: (client: WireClient) => Promise<void>;
  /** A failed attempt to connect as one of our errors. */
  readonly explain: (error: unknown) => TrestleError;
  /** Does the time of a piece of work count from when the server says that its turn has come? */
  readonly waitsForTurn?: boolean;
  /** See `PoolSettings`. */
  readonly withholdValues?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One message of the server, as one row with one value, may be so long. */
const MAX_MESSAGE_BYTES = 128_000_000;
const CLOSE_GRACE_MS = 500;

/** Lends the connections of a pool, each watched while it is used and cleaned before it goes back. */
export function createPoolDriver(parts: PoolDriverParts): Driver {
  const { kind, clock, log, waitsForTurn = false } = parts;
  let opening: Promise<Pool> | undefined;
  let pool: Pool | undefined;
  let closed: Promise<void> | undefined;
  const watches = new Set<Watch>();

  async function connect(signal: AbortSignal | undefined): Promise<WireClient> {
    if (closed) throw closedError();
    opening ??= parts.openPool().then((made) => {
      // A connection that dies unused is replaced when one is needed.
      made.on("error", (error) => log.debug("idle connection ended", { error: error.message }));
      // While it is used, whoever uses it is told by the statement that fails.
      made.on("connect", (client) => {
        client.on("error", () => {});
        const { connection } = client as unknown as WireClient;
        limitMessages(connection.stream, MAX_MESSAGE_BYTES, () => breakOff(connection, tooLarge()));
        if (parts.withholdValues) withholdValues(client as unknown as WireClient);
      });
      pool = made;
      return made;
    });
    const connecting = opening.then((made) => made.connect()) as Promise<WireClient>;
    try {
      return await unlessAborted(connecting, signal);
    } catch (error) {
      connecting.then(
        (client) => client.release(),
        () => {},
      );
      throw isTrestleError(error) ? error : parts.explain(error);
    }
  }

  async function use<Result>(
    work: (connection: Connection) => Promise<Result>,
    options: UseOptions,
  ): Promise<Result> {
    const client = await connect(options.signal);
    const watch = createWatch({ client, ...options, ...parts });
    watches.add(watch);
    const { checkOpen } = watch;
    const translate = (error: unknown) => watch.stopped() ?? toDatabaseError(error);
    try {
      return await work(createConnection({ client, checkOpen, translate }));
    } catch (error) {
      throw isTrestleError(error) ? error : translate(error);
    } finally {
      const cleaned = watch.stopped() ? undefined : clean(client, waitsForTurn);
      await cleaned?.rolledBack;
      watches.delete(watch);
      giveBack(client, watch.end() ? undefined : cleaned);
    }
  }

  /** Nobody waits for this, and the next one to use the connection comes after it. */
  function giveBack(client: WireClient, cleaned: Cleaning | undefined): void {
    const done = cleaned?.done ?? Promise.reject(new Error("stopped"));
    done.then(
      () => client.release(),
      (error: Error) => client.release(error),
    );
  }

  async function close(): Promise<void> {
    const made = await opening?.catch(() => undefined);
    if (!made) return;
    const cancelTimer = clock.after(CLOSE_GRACE_MS, () => {
      for (const watch of watches) watch.stop(closedError());
    });
    await Promise.race([made.end(), emptied(made, clock)]);
    cancelTimer();
  }

  return {
    kind,
    use,
    connections: () => ({
      open: pool?.totalCount ?? 0,
      idle: pool?.idleCount ?? 0,
      waiting: pool?.waitingCount ?? 0,
    }),
    close: () => (closed ??= close()),
  };
}

/** Neon's pool does not tell that it has ended where something ran when it was told to. */
function emptied(pool: Pool, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const look = () => void (pool.totalCount === 0 ? resolve() : clock.after(20, look));
    look();
  });
}

/** Before the client reads it: "Failing row contains (…)", "Key (…)=(…) is still referenced". */
function withholdValues({ connection }: WireClient): void {
  connection.prependListener("errorMessage", (message: { detail?: string }) => {
    delete message.detail;
  });
}

function clean(client: WireClient, flushes: boolean): Cleaning {
  const cleaning = createCleaning(client, flushes);
  cleaning.done.catch(() => {});
  client.query(cleaning as never);
  return cleaning;
}

/** Whoever leaves gets no connection; one that comes later goes back. */
function unlessAborted<Value>(work: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(cancelled());
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function closedError(): TrestleError {
  return new TrestleError("unavailable", "The database is closed; open it again.", {
    retryable: false,
  });
}
