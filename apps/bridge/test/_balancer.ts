import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What stands before several bridges: each request goes to the next one, whoever sends it. */
export interface Balancer {
  readonly url: string;
  /** Where requests go from now on, in turn. */
  route(urls: readonly string[]): void;
  close(): Promise<void>;
}

/** Round robin over HTTP, without any memory of who came before. Who is not there is passed over, as nginx does. */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  let targets = urls.map((url) => new URL(url));
  let turn = 0;
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming).catch(() => undefined);
    if (body === undefined) return;
    const tries = targets.map((_, index) => targets[(turn + index) % targets.length] as URL);
    turn += 1;
    send({ incoming, body, outgoing, agent }, tries);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    route(next) {
      targets = next.map((url) => new URL(url));
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  /** Whole, so that the next one can have it where the first does not take it. */
  readonly body: Buffer;
  readonly outgoing: ServerResponse;
  readonly agent: Agent;
}

function send(exchange: Exchange, [target, ...others]: readonly URL[]): void {
  const { incoming, body, outgoing, agent } = exchange;
  if (target === undefined) {
    outgoing.writeHead(502).end();
    return;
  }
  const forwarded = request({
    ...{ host: target.hostname, port: target.port, path: incoming.url, agent },
    method: incoming.method,
    headers: { ...incoming.headers, host: target.host },
  });
  let isConnected = false;
  forwarded.on("socket", (socket) => {
    if (!socket.connecting) isConnected = true;
    else
      socket.once("connect", () => {
        isConnected = true;
      });
  });
  forwarded.on("response", (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    answer.on("error", () => outgoing.destroy());
  });
  forwarded.on("error", () => {
    // Nothing was sent to who refuses the connection: the next one may have it.
    if (!isConnected && !outgoing.headersSent) send(exchange, others);
    else outgoing.destroy();
  });
  outgoing.on("close", () => forwarded.destroy());
  forwarded.end(body);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
