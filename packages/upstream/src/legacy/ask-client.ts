import type { JsonObject, RpcRequest } from "@trestle/protocol";
import { RPC, RpcError } from "@trestle/protocol";
import type { LinkRequest } from "../json-rpc/link.ts";

const FOR_THE_CLIENT = new Set(["roots/list", "sampling/createMessage", "elicitation/create"]);

/**
 * Answers a request of a legacy server. A question for the user goes to the request that it came with
 * or, where the transport does not tell, to the only one in flight that can answer; with several,
 * asking the wrong person would be worse than refusing.
 */
export async function answerServer(
  { method, params = {} }: RpcRequest,
  scope: LinkRequest | undefined,
  waiting: readonly LinkRequest[],
): Promise<JsonObject> {
  if (method === "ping") return {};
  if (!FOR_THE_CLIENT.has(method))
    throw new RpcError(RPC.methodNotFound, `Unknown method ${method}.`);
  const able = (scope ? [scope] : waiting).filter(({ context }) => context?.askClient);
  const [asked] = able;
  if (able.length !== 1 || !asked?.context?.askClient) {
    const reason = able.length === 0 ? "nobody who can answer waits" : "several requests wait";
    throw new RpcError(RPC.methodNotFound, `${method} cannot be passed on: ${reason}.`);
  }
  return asked.context.askClient(method, params);
}
