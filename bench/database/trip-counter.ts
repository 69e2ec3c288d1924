import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface TripCounter {
  /** The address of the server as seen through the counter. */
  readonly url: string;
  /** Round trips since the last call. */
  take(): number;
  close(): void;
}

/**
 * Stands between a client and its server: what the client says after the server has answered begins a
 * new round trip.
 */
export async function countTrips(serverUrl: string): Promise<TripCounter> {
  const target = new URL(serverUrl);
  let trips = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    let isAnswered = true;
    for (const socket of [client.setNoDelay(), upstream.setNoDelay()]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => [client, upstream].map((each) => each.destroy()));
    }
    client.on("data", (chunk) => {
      if (isAnswered) trips += 1;
      isAnswered = false;
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      isAnswered = true;
      client.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    take() {
      const taken = trips;
      trips = 0;
      return taken;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
