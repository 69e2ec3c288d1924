import type { JsonObject, RpcRequest } from "@trestle/protocol";
import { isRpcError, messageOf, RPC } from "@trestle/protocol";

/** The answer to a request of the server, as text. */
export async function answerText(
  request: RpcRequest,
  answer: (request: RpcRequest) => Promise<JsonObject>,
): Promise<string> {
  try {
    return JSON.stringify({ jsonrpc: "2.0", id: request.id, result: await answer(request) });
  } catch (error) {
    const fault = isRpcError(error)
      ? { code: error.code, message: error.message, data: error.data }
      : { code: RPC.internal, message: messageOf(error) };
    return JSON.stringify({ jsonrpc: "2.0", id: request.id, error: fault });
  }
}
