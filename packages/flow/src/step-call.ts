import {
  type Clock,
  executionIdOf,
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  TRESTLE_META,
} from "@trestle/protocol";
import { textOf, toDocument } from "./document.ts";
import type { StepError } from "./state.ts";

/** Calls one tool and gives its raw result; the way to it, and who it is for, belong to the caller. */
export type CallTool = (
  server: string,
  tool: string,
  args: JsonObject,
  options: CallToolOptions,
) => Promise<JsonObject>;

export interface CallToolOptions {
  readonly signal: AbortSignal;
  readonly idempotencyKey?: string;
}

export interface StepCall {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly signal: AbortSignal;
  readonly idempotencyKey?: string;
}

export interface StepCallParts {
  readonly callTool: CallTool;
  readonly clock: Clock;
  /** How long a cancelled call may take to say how it ended. */
  readonly graceMs: number;
}

/** How a call ended: with a document or with an error. */
export type StepEnd = ({ readonly result: JsonValue } | { readonly error: StepError }) & {
  readonly executionId?: string;
};

/** Calls the tool of one step. Never rejects: every end of a call is a value. */
export function callStep(call: StepCall, parts: StepCallParts): Promise<StepEnd> {
  const { promise, resolve } = Promise.withResolvers<StepEnd>();
  const clear = graceAfterAbort(call, parts, resolve);
  void sendCall(call, parts.callTool).then((end) => {
    clear();
    resolve(end);
  });
  return promise;
}

async function sendCall(call: StepCall, callTool: CallTool): Promise<StepEnd> {
  const { signal, idempotencyKey } = call;
  const options = { signal, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
  try {
    return toEnd(await callTool(call.server, call.tool, call.arguments, options));
  } catch (error) {
    if (isTrestleError(error) || isRpcError(error)) {
      const executionId = executionIdOf(error);
      return {
        ...(executionId === undefined ? {} : { executionId }),
        error: { code: String(error.code), message: error.message },
      };
    }
    const code = signal.aborted ? "cancelled" : "internal";
    return {
      error: { code, message: signal.aborted ? "cancelled" : "The call failed unexpectedly" },
    };
  }
}

function toEnd(result: JsonObject): StepEnd {
  const executionId = metaOf(result, TRESTLE_META.call).execution_id;
  const known = typeof executionId === "string" ? { executionId } : {};
  if (result.resultType === "input_required") {
    const message = "The tool asks for input, which a chain cannot give; call it alone";
    return { ...known, error: { code: "unsupported", message } };
  }
  if (result.isError !== true) return { ...known, result: toDocument(result) };
  const { code } = metaOf(result, TRESTLE_META.error);
  const message = textOf(result)?.slice(0, 2_000) ?? "The tool reported an error without a text";
  return { ...known, error: { code: typeof code === "string" ? code : "tool_error", message } };
}

function metaOf(result: JsonObject, key: string): JsonObject {
  const facts = isJsonObject(result._meta) ? result._meta[key] : undefined;
  return isJsonObject(facts) ? facts : {};
}

/** A call that does not end when it is told to must not hold the chain: its outcome is unknown then. */
function graceAfterAbort(
  { signal }: StepCall,
  { clock, graceMs }: StepCallParts,
  giveUp: (end: StepEnd) => void,
): () => void {
  let clear = () => {};
  const onAbort = () => {
    clear = clock.after(graceMs, () => {
      const message = `It did not end within ${graceMs} ms of being cancelled; check whether it took effect`;
      giveUp({ error: { code: "outcome_unknown", message } });
    });
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    signal.removeEventListener("abort", onAbort);
    clear();
  };
}
