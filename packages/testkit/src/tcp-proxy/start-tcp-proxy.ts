import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to what goes through. */
export type Weather =
  /** It goes through. */
  | "fine"
  /** Connections stand, and nothing arrives in either direction any more: half-open, as behind a lost route. */
  | "silent"
  /** New connections are ended at once, as of a host that is not there. */
  | "refusing";

export interface TcpProxy {
  readonly port: number;
  /** Holds for what comes; what is on its way keeps its order. */
  weather(now: Weather): void;
  /** Everything takes so much longer, in each direction, from now on. */
  delay(ms: number): void;
  /** Resets all connections. */
  cut(): void;
  /** Resets each connection after so many bytes from the host, until told otherwise: in the middle of something. */
  cutAfter(bytes: number | undefined): void;
  /** From now on the first byte of what comes from the host at once arrives with all its bits turned. */
  corrupt(isOn: boolean): void;
  /** When connections were taken, in milliseconds of `performance.now()`. */
  readonly taken: readonly number[];
  close(): Promise<void>;
}

interface Connection {
  readonly client: Socket;
  readonly host: Socket;
  isSilent: boolean;
  /** From the host. */
  bytes: number;
  /** In its order, each with when it arrives. */
  readonly onTheWay: { readonly at: number; readonly pass: () => void }[];
}

/** Stands between a client and a host on 127.0.0.1, and does to their connections what networks do. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const open = new Set<Connection>();
  const taken: number[] = [];
  let now: Weather = "fine";
  let delayMs = 0;
  let most: number | undefined;
  let isCorrupt = false;

  const server = createServer((client) => {
    taken.push(performance.now());
    if (now === "refusing") {
      client.resetAndDestroy();
      return;
    }
    const host = connect(targetPort, "127.0.0.1");
    const connection: Connection = {
      client,
      host,
      isSilent: now === "silent",
      bytes: 0,
      onTheWay: [],
    };
    open.add(connection);
    join(connection, client, host);
    join(connection, host, client);
  });

  function join(connection: Connection, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk) =>
      carry(connection, () => {
        to.write(isCorrupt && from === connection.host ? turned(chunk) : chunk);
        if (from === connection.host) count(connection, chunk.length);
      }),
    );
    // An end is passed on behind what came before it.
    from.on("end", () => carry(connection, () => to.end()));
    from.on("error", () => {});
    from.on("close", () => {
      if (connection.isSilent && from === connection.host) return;
      open.delete(connection);
      to.destroy();
    });
  }

  /** What was sent later never arrives earlier, however the delay changes. */
  function carry(connection: Connection, pass: () => void): void {
    connection.onTheWay.push({ at: performance.now() + delayMs, pass });
    if (connection.onTheWay.length === 1) arrive(connection);
  }

  function arrive(connection: Connection): void {
    for (let next = connection.onTheWay[0]; next; next = connection.onTheWay[0]) {
      const waitMs = next.at - performance.now();
      if (waitMs > 0) {
        setTimeout(() => arrive(connection), waitMs);
        return;
      }
      connection.onTheWay.shift();
      if (!connection.isSilent) next.pass();
    }
  }

  function count(connection: Connection, bytes: number): void {
    connection.bytes += bytes;
    if (most !== undefined && connection.bytes > most) connection.client.resetAndDestroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    weather(next) {
      now = next;
      // One that was lost stays lost: what it swallowed cannot come later.
      if (next === "silent") for (const connection of open) connection.isSilent = true;
    },
    delay(ms) {
      delayMs = ms;
    },
    cut() {
      for (const { client } of open) client.resetAndDestroy();
    },
    cutAfter(bytes) {
      most = bytes;
    },
    corrupt(isOn) {
      isCorrupt = isOn;
    },
    async close() {
      for (const { client, host } of open) {
        client.destroy();
        host.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}

function turned(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  copy[0] = (copy[0] ?? 0) ^ 0xff;
  return copy;
}
