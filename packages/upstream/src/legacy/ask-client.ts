import type { JsonObject, RpcRequest } from "@trestle/protocol";
import { RPC, RpcError } from "@trestle/protocol";
import type { LinkRequest } from "../json-rpc/link.ts";

/** What a server may ask the client, and the capability by which it was told so. */
const NEEDED = new Map([
  ["roots/list", "roots"],
  ["sampling/createMessage", "sampling"],
  ["elicitation/create", "elicitation"],
]);

/** What is known on the connection that a question came on. */
export interface AskedOn {
  /** What we declared in the handshake. */
  readonly declared: JsonObject;
  /** The request it belongs to, where the transport tells. */
  readonly scope: LinkRequest | undefined;
  readonly waiting: readonly LinkRequest[];
}

/**
 * Answers a request of a legacy server. A question for the user goes to the request that it came with
 * or, where the transport does not tell, to the only one in flight that can answer; with several,
 * asking the wrong person would be worse than refusing.
 */
export async function answerServer(
  { method, params = {} }: RpcRequest,
  { declared, scope, waiting }: AskedOn,
): Promise<JsonObject> {
  if (method === "ping") return {};
  const needed = NEEDED.get(method);
  if (needed === undefined) throw new RpcError(RPC.methodNotFound, `Unknown method ${method}.`);
  if (declared[needed] === undefined)
    throw new RpcError(RPC.methodNotFound, `${method} is not answered here: it was not declared.`);
  const able = (scope ? [scope] : waiting).filter(({ context }) => context?.askClient);
  const [asked] = able;
  if (able.length !== 1 || !asked?.context?.askClient) {
    const reason =
      able.length === 0
        ? "no client that declared it waits for an answer of this server"
        : "several requests wait, and nothing tells to which of them it belongs";
    throw new RpcError(RPC.methodNotFound, `${method} cannot be passed on: ${reason}.`);
  }
  return asked.context.askClient(method, params);
}
