import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

export interface CancelTarget {
  readonly host: string;
  readonly port: number;
  /** As the connection itself was made. */
  readonly ssl: false | ConnectionOptions;
  readonly processId: number;
  readonly secretKey: number;
}

const SSL_REQUEST = words(8, 80877103);
const PATIENCE_MS = 5_000;

/** Asks a server, on a connection of its own as the protocol wants it, to stop what another one runs. */
export function sendCancelRequest(target: CancelTarget): Promise<void> {
  const { host, port, ssl, processId, secretKey } = target;
  const request = words(16, 80877102, processId, secretKey);
  return new Promise((resolve, reject) => {
    const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on("error", reject);
    socket.once("close", () => resolve());
    if (ssl === false) socket.end(request);
    else secure(socket, { ...ssl, host }).then((secured) => secured.end(request), reject);
  });
}

async function secure(socket: Socket, options: ConnectionOptions & { host: string }) {
  socket.write(SSL_REQUEST);
  const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  if (answer.toString() !== "S") return socket;
  const secured = connectTls({ servername: options.host, ...options, socket });
  secured.on("error", () => socket.destroy());
  return secured;
}

/** The message as it is on the wire: 32-bit numbers. */
export function words(...numbers: number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4);
  for (const [at, number] of numbers.entries()) buffer.writeInt32BE(number, at * 4);
  return buffer;
}
