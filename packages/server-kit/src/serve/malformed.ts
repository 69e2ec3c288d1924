import type { Server } from "node:http";
import type { Socket } from "node:net";
import { RPC } from "@trestle/protocol";

export interface MalformedParts {
  /** Is an answer on its way that a refusal would end up in? */
  readonly isAnswering: (socket: Socket) => boolean;
  readonly onRefused: (refused: { readonly status: number; readonly address: string }) => void;
}

const WORDS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Payload Too Large",
  431: "Request Header Fields Too Large",
};
const STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** What is no request of HTTP is refused in words that clients of MCP can read, and told of. */
export function refuseMalformed(server: Server, { isAnswering, onRefused }: MalformedParts): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === "ECONNRESET" || error.code === "EPIPE") return socket.destroy();
    const status = STATUS[error.code ?? ""] ?? 400;
    onRefused({ status, address: socket.remoteAddress ?? "" });
    if (!socket.writable || isAnswering(socket)) return socket.destroy();
    const message = `${WORDS[status]}: this is no request that can be read safely`;
    const fault = { jsonrpc: "2.0", id: null, error: { code: RPC.invalidRequest, message } };
    const body = JSON.stringify(fault);
    const head = [
      `HTTP/1.1 ${status} ${WORDS[status]}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
    return undefined;
  });
}
