import { type Clock, TrestleError } from "@trestle/protocol";
import type { WireClient } from "./wire-connection.ts";

/** Looks after one piece of work on one connection: its time, its caller's leaving, and what stops it. */
export interface Watch {
  /** Throws why the work was stopped, where it was. */
  checkOpen(): void;
  stopped(): TrestleError | undefined;
  stop(error: TrestleError): void;
  /** The work is over. True: the connection must not be used again. */
  end(): boolean;
}

export interface WatchOptions {
  readonly client: WireClient;
  readonly cancel: (client: WireClient) => Promise<void>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly waitsForTurn?: boolean;
}

/** The parameter by which the embedded server says that the work's turn has come. */
export const TURN_PARAMETER = "trestle.turn";

/** Asked again, since a request that comes between two statements stops nothing. */
const ASK_AGAIN_MS = 250;
/** A server that does not answer is left: the connection ends, and what it ran ends at its own timeout. */
const PATIENCE_MS = 2_000;

export function createWatch(options: WatchOptions): Watch {
  const { client, clock, timeoutMs, signal } = options;
  let reason: TrestleError | undefined;
  let over = false;
  let cancelTimer = () => {};

  function stop(error: TrestleError): void {
    if (reason || over) return;
    reason = error;
    cancelTimer();
    ask(Math.ceil(PATIENCE_MS / ASK_AGAIN_MS));
  }

  function ask(left: number): void {
    if (over) return;
    if (left === 0) {
      client.connection.stream.destroy();
      return;
    }
    options.cancel(client).catch(() => {});
    cancelTimer = clock.after(ASK_AGAIN_MS, () => ask(left - 1));
  }

  function startTimer(): void {
    cancelTimer();
    if (!over && !reason) cancelTimer = clock.after(timeoutMs, () => stop(timedOut(timeoutMs)));
  }

  const onTurn = ({ parameterName }: { parameterName: string }) => {
    if (parameterName === TURN_PARAMETER) startTimer();
  };
  const onAbort = () => stop(cancelled());
  if (options.waitsForTurn) client.connection.on("parameterStatus", onTurn);
  else startTimer();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  return {
    checkOpen() {
      if (reason) throw reason;
    },
    stopped: () => reason,
    stop,
    end() {
      over = true;
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
      client.connection.off("parameterStatus", onTurn);
      return reason !== undefined;
    },
  };
}

export function cancelled(): TrestleError {
  return new TrestleError("cancelled", "The query was cancelled.");
}

export function timedOut(timeoutMs: number): TrestleError {
  const message = `The query ran longer than ${timeoutMs / 1000} s and was stopped. Make it read less: a narrower WHERE, a LIMIT, a join on indexed columns.`;
  return new TrestleError("timeout", message, { retryable: false });
}
