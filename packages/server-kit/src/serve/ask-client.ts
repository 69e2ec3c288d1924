import { randomUUID } from "node:crypto";
import type { ServerContext } from "@modelcontextprotocol/server";
import {
  type ClientFacts,
  isJsonObject,
  type JsonObject,
  type RequestContext,
  RPC,
  RpcError,
} from "@trestle/protocol";
import { missingCapability } from "./input-required.ts";
import { passSchema } from "./pass-schema.ts";

/** People answer slowly: how long one question to the user may stay open. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;

/** The way to ask a legacy client in the middle of a request; absent where it declared nothing to ask for. */
export function createAskClient(
  client: ClientFacts,
  sdk: ServerContext,
): RequestContext["askClient"] {
  const { elicitation, sampling, roots } = client.capabilities;
  if (elicitation === undefined && sampling === undefined && roots === undefined) return undefined;
  return async (method, params) => {
    const missing = missingCapability({ method, params }, client.capabilities);
    if (missing) {
      const data = { requiredCapabilities: missing };
      throw new RpcError(RPC.missingClientCapability, `The client cannot answer ${method}`, data);
    }
    const question = { method, params: method === "elicitation/create" ? withId(params) : params };
    const options = {
      signal: sdk.mcpReq.signal,
      timeout: ANSWER_TIMEOUT_MS,
      resetTimeoutOnProgress: true,
    };
    const result: unknown = await sdk.mcpReq.send(question as never, passSchema, options);
    return isJsonObject(result) ? result : {};
  };
}

/** The legacy era names a question that is answered in a browser; the modern one no longer does. */
function withId(params: JsonObject): JsonObject {
  if (params.mode !== "url" || params.elicitationId !== undefined) return params;
  return { ...params, elicitationId: randomUUID() };
}
