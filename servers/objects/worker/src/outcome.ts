import {
  fromWireError,
  isObjectError,
  toWireError,
  type WireError,
} from "../../src/object-error.ts";

/** What crosses from an object to the front: there errors lose all but their message, so they travel as data. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: WireError };

export function outcomeOf<Value>(work: () => Value): Outcome<Value> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return failed(error);
  }
}

/** What was not expected goes to the log, and only there. */
export function failed(error: unknown): { readonly ok: false; readonly error: WireError } {
  if (!isObjectError(error)) logFault(error);
  return { ok: false, error: toWireError(error) };
}

export function valueOfOutcome<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw fromWireError(outcome.error);
}

function logFault(error: unknown): void {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // biome-ignore lint/suspicious/noConsole: the console is where a worker's log goes.
  console.error(JSON.stringify({ level: "error", message: "object failed", error: said }));
}
