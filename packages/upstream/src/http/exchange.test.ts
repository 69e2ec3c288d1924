import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createExchange } from "./exchange.ts";

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

test.each([
  { told: "timeout=600", idleMs: 120_000, why: "no longer than two minutes" },
  { told: "timeout=30, max=100", idleMs: 29_000, why: "a second less than the server says" },
  { told: "timeout=3", idleMs: 2_000, why: "a second less than the server says" },
  { told: undefined, idleMs: 4_000, why: "four seconds where the server says nothing" },
])("an idle connection is kept $why ($told)", async ({ told, idleMs }) => {
  const { url, connections } = await serve(told);
  const exchange = createExchange(url);
  const sockets: Socket[] = [];
  for (let request = 0; request < 2; request += 1) {
    const { stream } = await exchange.send(exchange.url, { method: "GET", headers: {} });
    const socket = (stream as unknown as { socket: Socket }).socket;
    sockets.push(socket);
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
    await new Promise(setImmediate);
    expect(socket.timeout).toBe(idleMs);
  }
  expect(sockets[1]).toBe(sockets[0]);
  expect(connections()).toBe(1);
  exchange.close();
});

test("a connection that the server will close at once is not used again", async () => {
  const { url, connections } = await serve("timeout=1");
  const exchange = createExchange(url);
  for (let request = 0; request < 2; request += 1) {
    const { stream } = await exchange.send(exchange.url, { method: "GET", headers: {} });
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
  }
  expect(connections()).toBe(2);
  exchange.close();
});

/** A server that says how long it keeps its connections, or does not. */
async function serve(told: string | undefined): Promise<{ url: string; connections(): number }> {
  let connections = 0;
  const server = createServer((_request, response) => {
    response.setHeader("connection", "keep-alive");
    if (told !== undefined) response.setHeader("keep-alive", told);
    response.end("well");
  });
  // Without a time of its own, Node says nothing of it.
  server.keepAliveTimeout = 0;
  server.on("connection", () => (connections += 1));
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, connections: () => connections };
}
