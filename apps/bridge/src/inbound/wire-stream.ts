import {
  createOwnSignal,
  createRoster,
  isNotification,
  isRequest,
  type Logger,
  type RpcId,
  type RpcMessage,
  type ServerInstance,
} from "@trestle/protocol";
import type { StreamConnection } from "@trestle-mcp/server-kit/serving";
import { answerWireCall, decodeWireCall, isShort, type PlainFacts } from "./wire.ts";
import { ListAnswer } from "./wire-list.ts";

export interface WireStreamParts extends PlainFacts {
  readonly instance: ServerInstance;
  readonly log: Logger;
  /** Aborts when the peer is gone: nobody waits for its calls any more. */
  readonly gone?: AbortSignal;
}

/** The short way for one stdio connection: hand it to `serveStream` as its `intercept`. */
export function createStreamWire(
  parts: WireStreamParts,
): (message: RpcMessage, connection: StreamConnection) => boolean {
  const running = createRoster<{ readonly id: RpcId; readonly cancel: () => void }>();
  const runs = (id: RpcId) => running.find((each) => each.id === id);
  let handshaken = false;
  parts.gone?.addEventListener("abort", () => {
    for (const { cancel } of running.items()) cancel();
  });

  return (message, connection) => {
    if (isNotification(message) && message.method === "notifications/cancelled") {
      const cancelled = runs(message.params?.requestId as RpcId);
      cancelled?.cancel();
      return cancelled !== undefined;
    }
    if (isRequest(message) && message.method === "initialize") handshaken = true;
    const call = decodeWireCall(message, connection);
    // One connection speaks one era: whoever mixes them is answered by the SDK.
    if (!call || !isShort(call, parts) || runs(call.id)) return false;
    if (handshaken !== (call.client.era === "legacy")) return false;
    const own = createOwnSignal();
    let isCancelled = false;
    const leave = running.add({
      id: call.id,
      cancel() {
        isCancelled = true;
        own.abort();
      },
    });
    void answerWireCall(call, {
      instance: parts.instance,
      log: parts.log,
      own,
      notify: (notification) => connection.send(notification as never),
    }).then((answer) => {
      leave();
      // Nobody waits for the answer of a cancelled request, and none may be sent.
      if (!isCancelled)
        connection.send(answer instanceof ListAnswer ? `${answer}` : (answer as never));
    });
    return true;
  };
}
