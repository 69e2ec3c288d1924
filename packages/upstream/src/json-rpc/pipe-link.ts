import type { Era, JsonObject, Logger } from "@trestle/protocol";
import { isTrestleError } from "@trestle/protocol";
import { abandoned, type Loss, notSent } from "../faults.ts";
import { createIncoming } from "./incoming.ts";
import { givenUp, type Link, type LinkRequest } from "./link.ts";
import { CANCELLED, cancelParams, createPending, encodeRequest, type Waiting } from "./pending.ts";

/** Carries whole messages to the server. */
export interface Pipe {
  /**
   * `done` is called once: without an error when the whole frame has left, with one when it surely has
   * not. Returns a function that takes the frame back, if it has not begun to leave.
   */
  send(frame: string, done: (error?: Error) => void): () => boolean;
  close(): Promise<void>;
}

export interface PipeLink extends Link {
  /** Takes one message from the server; false if it is none. */
  receive(text: string): boolean;
  /** A message too large to be taken came: the request that it must have answered fails. */
  oversized(): void;
}

/** A link over one duplex pipe that all requests share: stdio, and the old HTTP+SSE transport. */
export function createPipeLink(options: {
  upstream: string;
  pipe: Pipe;
  log: Logger;
  pid?: number | undefined;
}): PipeLink {
  const { upstream, pipe, log } = options;
  const pending = createPending(upstream);
  const closed = Promise.withResolvers<Loss>();
  let loss: Loss | undefined;
  let era: Era | undefined;
  const incoming = createIncoming({
    pending,
    log,
    era: () => era,
    reply: (text) => sendFrame(text),
  });

  function request(request: LinkRequest): Promise<JsonObject> {
    if (loss) return Promise.reject(notSent(upstream, loss));
    const over = givenUp(request);
    if (over) return Promise.reject(abandoned(upstream, over.reason, false));
    return new Promise((resolve, reject) => {
      let withdraw: () => boolean = () => false;
      const waiting = pending.open(request, { resolve, reject }, () => {
        if (!withdraw()) cancel(waiting);
      });
      withdraw = pipe.send(encodeRequest(waiting), (error) => {
        if (!error) waiting.sent = true;
        else if (pending.has(waiting.id)) waiting.reject(unsent(error));
      });
    });
  }

  function unsent(error: Error): Error {
    return isTrestleError(error) ? error : notSent(upstream, BROKEN, error);
  }

  function cancel({ id, request }: Waiting): void {
    if (loss || request.method === "initialize") return;
    notify(CANCELLED, cancelParams(id)).catch(() => {});
  }

  function notify(method: string, params?: JsonObject): Promise<void> {
    if (loss) return Promise.reject(notSent(upstream, loss));
    return sendFrame(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  function sendFrame(frame: string): Promise<void> {
    return new Promise((resolve, reject) => {
      pipe.send(frame, (error) => (error ? reject(unsent(error)) : resolve()));
    });
  }

  function lose(reason: Loss): void {
    if (loss) return;
    loss = reason;
    pending.loseAll(reason);
    closed.resolve(reason);
  }

  return {
    pid: options.pid,
    closed: closed.promise,
    request,
    notify,
    receive: incoming.receive,
    oversized: () => pending.rejectOnly({ what: "answered with a message over the size limit" }),
    lose,
    attend: incoming.attend,
    agree(settled) {
      era = settled;
    },
    waiting: pending.requests,
    async close() {
      lose({ what: "was closed" });
      await pipe.close();
    },
  };
}

const BROKEN: Loss = { what: "does not take messages any more" };
