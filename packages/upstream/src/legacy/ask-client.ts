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

/** In the middle of these a server may ask, or log what it does for its caller. */
export const ASKING = new Set(["tools/call", "prompts/get", "resources/read"]);

/**
 * Answers a request of a legacy server. A question for the user goes to the request that it came with
 * or, where the transport does not tell, to the only one in flight, or the latest if all are of one
 * client. One that was given up may still ask. With several callers, asking the wrong person would be worse than refusing.
 */
export async function answerServer(
  { method, params = {} }: RpcRequest,
  { declared, scope, waiting }: AskedOn,
): Promise<JsonObject> {
  if (method === "ping") return {};
  const needed = NEEDED.get(method);
  if (needed === undefined) throw new RpcError(RPC.methodNotFound, `Unknown method ${method}.`);
  if (declared[needed] === undefined) throw refused(method, "it was not declared");
  // Also those whose client cannot answer: it may be theirs.
  const asking = scope ? [scope] : waiting.filter((request) => ASKING.has(request.method));
  const able = asking.flatMap(({ context }) => context?.askClient ?? []);
  const ask = able.at(-1);
  if (!ask) throw refused(method, "no client that can answer waits for this server");
  if (!areOfOneClient(asking))
    throw refused(method, "several requests wait, and nothing tells to which of them it belongs");
  return ask(method, params);
}

/** Those that wait must be of one session; of those that were given up, who has no session counts as who it is. */
function areOfOneClient(requests: readonly LinkRequest[]): boolean {
  const waiting = requests.filter(({ isGivenUp }) => !isGivenUp);
  const [first] = waiting;
  const session = first?.context?.session;
  const isOneSession =
    session !== undefined && waiting.every((each) => each.context?.session === session);
  if (waiting.length > 1 && !isOneSession) return false;
  return requests.every(({ isGivenUp, context }) => {
    if (!isGivenUp) return true;
    return session && context?.session
      ? context.session === session
      : context?.principal.id === first?.context?.principal.id;
  });
}

function refused(method: string, reason: string): RpcError {
  return new RpcError(RPC.methodNotFound, `${method} cannot be passed on: ${reason}.`);
}
