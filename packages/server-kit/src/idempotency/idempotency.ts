import {
  type Host,
  isTrestleError,
  type JsonObject,
  parseJson,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import type { Ledger, LedgerRow, WriteCall } from "./ledger.ts";

/** Does a named write once, and answers every later call of that name with what came of it. */
export interface Idempotency {
  once(call: WriteCall, work: Work): Promise<JsonObject>;
  close(): Promise<void>;
}

export interface Work {
  run(): Promise<JsonObject>;
  readonly signal: AbortSignal;
  /** A failure as the result to keep; throws protocol faults on. */
  toResult(error: unknown): JsonObject;
}

/**
 * Deduplicates through a ledger in the host's data folder, shared by all processes on it: the row is
 * durable before the work begins, the result before anybody is answered.
 */
export function createIdempotency(host: Pick<Host, "dataDir" | "clock" | "log">): Idempotency {
  let opening: Promise<Ledger> | undefined;

  function ledger(): Promise<Ledger> {
    opening ??= import("./ledger.ts")
      .then(({ openLedger }) => openLedger(host))
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    return opening;
  }

  return {
    async once(call, work) {
      const opened = await ledger();
      const earlier = await opened.begin(call);
      if (earlier !== undefined) return answerFrom(earlier, call);
      return runAndRecord(opened, call, work);
    },
    async close() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** What an earlier call of the same name came to. */
function answerFrom(row: LedgerRow, call: WriteCall): JsonObject {
  if (row.tool !== call.name || row.digest !== call.argumentsDigest) {
    throw new TrestleError(
      "conflict",
      "This idempotency key was used for another call: use a new key for new arguments.",
    );
  }
  if (row.state === "running") {
    throw new TrestleError(
      "in_progress",
      "A call with this idempotency key is still running: ask again with the same key.",
      { retryable: true, retryAfterMs: 1_000 },
    );
  }
  if (row.state === "lost") throw unknownOutcome();
  return parseJson(row.result) as JsonObject;
}

async function runAndRecord(ledger: Ledger, call: WriteCall, work: Work): Promise<JsonObject> {
  let result: JsonObject;
  try {
    result = await work.run().catch((error: unknown) =>
      // What was cut short may have had half of its effect.
      work.toResult(work.signal.aborted ? unknownOutcome(error) : error),
    );
  } catch (fault) {
    await ledger.forget(call);
    throw fault;
  }
  if (mayRunAgain(result)) await ledger.forget(call);
  else {
    await ledger.finish(call, JSON.stringify(result)).catch((error: unknown) => {
      // Done, and yet nobody could be told the same again: trying once more must not look safe.
      throw unknownOutcome(error);
    });
  }
  return result;
}

/** Nothing was done yet (a question to the user), or the tool itself says that trying again is right. */
function mayRunAgain(result: JsonObject): boolean {
  if (result.resultType === "input_required") return true;
  const facts = (result._meta as JsonObject | undefined)?.[TRESTLE_META.error];
  return result.isError === true && (facts as JsonObject | undefined)?.retryable === true;
}

function unknownOutcome(cause?: unknown): TrestleError {
  if (isTrestleError(cause) && cause.code === "outcome_unknown") return cause;
  return new TrestleError(
    "outcome_unknown",
    "A call with this idempotency key was cut short, and may or may not have had its effect: look at what it changed before calling again with a new key.",
    { cause },
  );
}
