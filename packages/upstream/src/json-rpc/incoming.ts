import type { Era, Logger, RpcMessage, RpcRequest } from "@trestle/protocol";
import {
  isNotification,
  isRequest,
  isRpcMessage,
  parseJson,
  RPC,
  RpcError,
} from "@trestle/protocol";
import { answerText } from "./answer.ts";
import type { LinkEvents } from "./link.ts";
import type { Pending, Waiting } from "./pending.ts";

/** Sorts what arrives from a server: answers, progress, notifications, questions. */
export interface Incoming {
  attend(events: LinkEvents): void;
  /** False if the text is no message. `scope` is the request on whose own stream it came. */
  receive(text: string, scope?: Waiting): boolean;
}

export interface IncomingOptions {
  readonly pending: Pending;
  readonly log: Logger;
  era(): Era | undefined;
  /** Sends the answer to a question of the server. */
  reply(text: string, question: RpcRequest): Promise<void>;
}

export function createIncoming({ pending, log, era, reply }: IncomingOptions): Incoming {
  let events: LinkEvents | undefined;

  function receive(text: string, scope?: Waiting): boolean {
    const messages = parseMessages(text);
    for (const message of messages ?? []) dispatch(message, scope);
    return messages !== undefined;
  }

  function dispatch(message: RpcMessage, scope: Waiting | undefined): void {
    if (isRequest(message)) answer(message, scope);
    else if (!isNotification(message)) {
      if (!pending.settle(message, scope))
        log.debug("answer to nothing that is waited for", { id: message.id });
    } else if (message.method === "notifications/progress") pending.progress(message);
    else {
      pending.subscription(message);
      events?.onNotification(message, scope?.request);
    }
  }

  function answer(question: RpcRequest, scope: Waiting | undefined): void {
    if (era() === "modern") {
      log.warn("request from a server of the modern era ignored", { method: question.method });
      return;
    }
    answerText(question, async (asked) => {
      if (!events) throw new RpcError(RPC.internal, "Not connected yet.");
      return events.onRequest(asked, scope?.request);
    })
      .then((text) => reply(text, question))
      .catch((error) => log.warn("answer to the server not sent", { error: String(error) }));
  }

  return {
    receive,
    attend(attendant) {
      events = attendant;
    },
  };
}

/** One message or, as an earlier version of the protocol had it, several. */
function parseMessages(text: string): RpcMessage[] | undefined {
  try {
    const value: unknown = parseJson(text);
    const messages = Array.isArray(value) ? value : [value];
    return messages.length > 0 && messages.every(isRpcMessage) ? messages : undefined;
  } catch {
    return undefined;
  }
}
