import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import {
  type ClientFacts,
  type ClientSession,
  type Clock,
  isNotification,
  isRequest,
  type JsonObject,
  type Logger,
  META,
  messageOf,
  openSession,
  type Principal,
  type RpcMessage,
  type ServerInstance,
} from "@trestle/protocol";
import { clientFromMeta } from "./client-facts.ts";
import { createLineTransport } from "./line-transport.ts";
import { createListens } from "./listens.ts";
import { createStreamOpening } from "./opening.ts";
import type { SdkStream } from "./sdk-stream.ts";

/** The peer at the other end of a stream, as one message shows it. */
export interface StreamConnection {
  /** Known after a legacy handshake; of a modern peer, what this message says. */
  readonly client: ClientFacts | undefined;
  readonly logLevel?: string;
  readonly principal: Principal;
  readonly session: ClientSession;
  /** Writes a message, or an already serialised one without its newline. */
  send(message: RpcMessage | string): void;
}

export interface ServeStreamOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly principal: Principal;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Sees every message first; true means that it took it, and the SDK never sees it. */
  readonly intercept?: (message: RpcMessage, connection: StreamConnection) => boolean;
}

export interface StreamServing {
  /** Resolves when the peer is gone, running requests are aborted and all output is flushed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves an instance to one peer over a pair of byte streams, in whichever era it opens. */
export function serveStream(instance: ServerInstance, options: ServeStreamOptions): StreamServing {
  const { principal, log, intercept } = options;
  let sdk: SdkStream | undefined;
  let opening: Promise<unknown> | undefined;
  /** What came while the SDK was being loaded. */
  const waiting: RpcMessage[] = [];
  const session = openSession(randomUUID());
  const listens = createListens(instance, principal, session);
  const transport = createLineTransport({
    ...options,
    onMessage: take,
    beforeEnd: () => (sdk ? undefined : opening),
  });
  const handshake = createStreamOpening(instance, { transport, principal });
  void transport.start();

  function take(message: RpcMessage): void {
    if (intercept?.(message, connectionFor(message))) return;
    if (isRequest(message) && message.method === "subscriptions/listen")
      listens.open(message.id, message.params);
    if (isNotification(message) && message.method === "notifications/cancelled")
      listens.close(message.params?.requestId);
    if (sdk) sdk.receive(message);
    else if (opening || !handshake.take(message)) wait(message);
  }

  function wait(message: RpcMessage): void {
    waiting.push(message);
    opening ??= open().catch((error) => {
      log.error("the stream cannot be served", { error: messageOf(error) });
      return transport.close();
    });
  }

  /** The SDK takes longer to load than all the rest of a start, and what does not need it goes on meanwhile. */
  async function open(): Promise<void> {
    const { openSdkStream } = await import("./sdk-stream.ts");
    sdk = openSdkStream(instance, {
      ...{ transport, principal, session, log },
      hears: listens.hears,
    });
    for (const message of [...handshake.handOver(), ...waiting.splice(0)]) sdk.receive(message);
    // What it answers at once is on its way before the end of the input can count.
    await new Promise((resolve) => setImmediate(resolve));
  }

  function connectionFor(message: RpcMessage): StreamConnection {
    const params = "params" in message ? message.params : undefined;
    const meta = params?._meta as JsonObject | undefined;
    const peer = sdk?.peer();
    const client = clientFromMeta(meta) ?? peer?.client() ?? handshake.client();
    const level = client?.era === "modern" ? meta?.[META.logLevel] : peer?.logLevel();
    return {
      client,
      principal,
      session,
      ...(typeof level === "string" && { logLevel: level }),
      send: transport.write,
    };
  }

  const closed = transport.flushed.then(() => {
    listens.closeAll();
    handshake.end();
    session.end();
  });
  return {
    closed,
    async close() {
      await (sdk ?? transport).close();
      await closed;
    },
  };
}
