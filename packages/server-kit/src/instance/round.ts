import { isJsonObject, type JsonObject, RPC, RpcError } from "@trestle/protocol";
import type { InputRequired } from "../define/input-required.ts";
import type { Seal, SealBinding } from "./seal.ts";

/** What a later round of a request brings: answers, and the state an earlier round left. */
export interface Round {
  readonly inputResponses: Readonly<Record<string, JsonObject>>;
  readonly requestState?: string;
}

/** Reads the multi-round-trip fields of a request; a state that we did not seal for it is refused. */
export async function openRound(
  params: JsonObject,
  seal: Seal,
  binding: SealBinding,
): Promise<Round> {
  const inputResponses = isJsonObject(params.inputResponses)
    ? (params.inputResponses as Record<string, JsonObject>)
    : {};
  if (params.requestState === undefined) return { inputResponses };
  const requestState =
    typeof params.requestState === "string"
      ? await seal.open(params.requestState, binding)
      : undefined;
  if (requestState === undefined) {
    throw new RpcError(
      RPC.invalidParams,
      "requestState is not valid for this request, or has expired: send the request again without it.",
    );
  }
  return { inputResponses, requestState };
}

/** The `input_required` result. Whether the client can answer at all is checked where it is served. */
export async function toInputRequiredResult(
  asked: InputRequired,
  parts: { seal: Seal; binding: SealBinding },
): Promise<JsonObject> {
  const requests: JsonObject = {};
  for (const [key, request] of Object.entries(asked.requests)) {
    requests[key] = { method: request.method, params: request.params ?? {} };
  }
  return {
    resultType: "input_required",
    ...(Object.keys(requests).length > 0 && { inputRequests: requests }),
    ...(asked.state !== undefined && {
      requestState: await parts.seal.close(asked.state, parts.binding),
    }),
  };
}
