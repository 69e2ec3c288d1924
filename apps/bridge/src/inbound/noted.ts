import {
  executionIdOf,
  isRpcError,
  isTrestleError,
  type JsonObject,
  RPC,
  type ServerInstance,
} from "@trestle/protocol";
import type { Audit } from "../access/audit.ts";
import { RESULTS } from "../state/result-address.ts";

const REASONS: Readonly<Record<number, string>> = {
  [RPC.invalidParams]: "invalid params",
  [RPC.methodNotFound]: "no such method",
};

/** The same instance; what it refuses since nothing of it is as it was asked for is told to the audit log. */
export function notingRefusals(
  instance: ServerInstance,
  { refused }: Pick<Audit, "refused">,
): ServerInstance {
  function note(error: unknown, principal: string): void {
    const reason = reasonOf(error);
    if (reason !== undefined) refused({ event: "request_refused", reason, principal });
  }

  return {
    get info() {
      return instance.info;
    },
    get capabilities() {
      return instance.capabilities;
    },
    get instructions() {
      return instance.instructions;
    },
    instructionsFor: (principal) => instance.instructionsFor?.(principal),
    request(method, params, context): Promise<JsonObject> {
      const answer = instance.request(method, params, context);
      answer.catch((error: unknown) => note(error, context.principal.id));
      return answer;
    },
    subscribe: instance.subscribe,
    close: instance.close,
  };
}

function reasonOf(error: unknown): string | undefined {
  if (isTrestleError(error) && error.details?.refusedBy === RESULTS) return "no such result";
  // What a server behind us says of a call is in the history.
  const isOurs = isRpcError(error) && executionIdOf(error) === undefined;
  return isOurs ? REASONS[error.code] : undefined;
}
