import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import {
  type ClientSession,
  isRequest,
  type JsonObject,
  type Logger,
  messageOf,
  type Principal,
  type ResourceUpdated,
  RPC,
  type RpcMessage,
  type ServerInstance,
} from "@trestle/protocol";
import type { LineTransport } from "./line-transport.ts";
import { createSdkServer, type Peer } from "./sdk-server.ts";

/** One peer of a stream, as the SDK serves it. Imported with the first message that needs it. */
export interface SdkStream {
  receive(message: RpcMessage): void;
  peer(): Peer | undefined;
  close(): Promise<void>;
}

export interface SdkStreamOptions {
  readonly transport: LineTransport;
  readonly principal: Principal;
  readonly session: ClientSession;
  readonly log: Logger;
  /** May a modern peer hear of this resource that it listens to? */
  readonly hears: (updated: ResourceUpdated) => boolean;
}

export function openSdkStream(instance: ServerInstance, options: SdkStreamOptions): SdkStream {
  const { transport, principal, session, log, hears } = options;
  let opening: JsonObject | undefined;
  let peer: Peer | undefined;
  const handle = serveStdio(
    ({ era }) => {
      peer = createSdkServer(instance, {
        ...{ era, principal, session, log, hears },
        opening: () => opening,
      });
      return peer.server;
    },
    { transport, onerror: (error) => log.debug("stream", { error: messageOf(error) }) },
  );
  return {
    receive(message) {
      if (isRequest(message) && message.method === "initialize") opening = message.params;
      if (isKnownShape(message)) transport.onmessage?.(message as never);
      else refuseShape(message, transport);
    },
    peer: () => peer,
    close: () => handle.close(),
  };
}

/** The SDK drops in silence what does not have its shape, and the sender would wait forever. */
function isKnownShape(message: RpcMessage): boolean {
  return isJSONRPCRequest(message) || isJSONRPCNotification(message) || isJSONRPCResponse(message);
}

function refuseShape(message: RpcMessage, { write }: LineTransport): void {
  const error = {
    code: RPC.invalidRequest,
    message: "Not an MCP message: check _meta.progressToken",
  };
  write({ jsonrpc: "2.0", id: "id" in message ? (message.id ?? null) : null, error });
}
