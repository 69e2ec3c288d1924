import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { answerSql } from "./sql-endpoint.ts";

export interface NeonProxyOptions {
  /** `host:port` of every Postgres that may be reached through it. */
  readonly allow: readonly string[];
}

/** Neon's front as its serverless driver sees it: a WebSocket that carries Postgres' protocol, and `POST /sql`. */
export interface NeonProxy {
  /** For `neonConfig.wsProxy`, without a scheme. */
  wsProxy(host: string, port: number | string): string;
  /** For `neonConfig.fetchEndpoint`. */
  readonly fetchEndpoint: string;
  /** Requests to `/sql` so far. */
  readonly requests: number;
  /** Breaks every WebSocket off. */
  breakConnections(): void;
  close(): Promise<void>;
}

export async function startNeonProxy({ allow }: NeonProxyOptions): Promise<NeonProxy> {
  const sockets = new Set<WebSocket>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    void answerSql(request, allow).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const address = new URL(request.url ?? "/", "http://proxy").searchParams.get("address") ?? "";
    if (!allow.includes(address)) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.add(webSocket);
      webSocket.once("close", () => sockets.delete(webSocket));
      carry(webSocket, address);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const breakConnections = () => {
    for (const socket of sockets) socket.terminate();
  };
  return {
    wsProxy: (host, target) => `127.0.0.1:${port}/v2?address=${host}:${target}`,
    fetchEndpoint: `http://127.0.0.1:${port}/sql`,
    get requests() {
      return requests;
    },
    breakConnections,
    async close() {
      breakConnections();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Bytes both ways, until one side ends. */
function carry(webSocket: WebSocket, address: string): void {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({ host, port: Number(port), noDelay: true });
  webSocket.on("message", (data: Buffer) => socket.write(data));
  webSocket.on("close", () => socket.destroy());
  webSocket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => webSocket.send(chunk));
  socket.on("end", () => webSocket.close());
  socket.on("error", () => webSocket.terminate());
}
