import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Reads the feed of a bridge and only counts what comes: it shares the processors with the bridge, and a real reader
 * is on another machine. Resolves when it is told of calls.
 */
export async function readFeed(
  url: string,
  headers: Readonly<Record<string, string>>,
  onMessage: () => void,
): Promise<void> {
  const asked = request(url, {
    headers: {
      ...headers,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16).toString("base64"),
    },
  }).end();
  const [, socket, head] = (await once(asked, "upgrade")) as [IncomingMessage, Duplex, Buffer];
  const subscribed = Promise.withResolvers<void>();
  let isSubscribed = false;
  let rest = head;
  socket.on("error", subscribed.reject);
  socket.on("data", (chunk: Buffer) => {
    rest = eachFrame(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), (opcode) => {
      if (opcode === PING) socket.write(EMPTY_PONG);
      else if (opcode === CLOSE) socket.end(EMPTY_CLOSE);
      else if (opcode === TEXT && isSubscribed) onMessage();
      else if (opcode === TEXT) {
        isSubscribed = true;
        subscribed.resolve();
      }
    });
  });
  socket.write(textFrame(JSON.stringify({ type: "subscribe", topics: ["call.*"] })));
  await subscribed.promise;
}

const [TEXT, CLOSE, PING, PONG] = [0x1, 0x8, 0x9, 0xa];
const FINAL = 0x80;
const MASKED = 0x80;
/** What clients send is masked, here with nothing. */
const NO_MASK = Buffer.alloc(4);
const EMPTY_PONG = Buffer.concat([Buffer.from([FINAL | PONG, MASKED]), NO_MASK]);
const EMPTY_CLOSE = Buffer.concat([Buffer.from([FINAL | CLOSE, MASKED]), NO_MASK]);

/** At most 125 bytes. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([FINAL | TEXT, MASKED | payload.length]), NO_MASK, payload]);
}

/** Tells of each whole frame of a server, which masks none; gives what is left. */
function eachFrame(bytes: Buffer, onFrame: (opcode: number) => void): Buffer {
  let at = 0;
  for (;;) {
    const end = endOfFrame(bytes, at);
    if (end === undefined || end > bytes.length) return bytes.subarray(at);
    onFrame((bytes[at] ?? 0) & 0xf);
    at = end;
  }
}

/** Nothing where not even that is there. */
function endOfFrame(bytes: Buffer, at: number): number | undefined {
  const left = bytes.length - at;
  if (left < 2) return undefined;
  const length = (bytes[at + 1] ?? 0) & 0x7f;
  if (length < 126) return at + 2 + length;
  if (length === 126) return left < 4 ? undefined : at + 4 + bytes.readUInt16BE(at + 2);
  return left < 10 ? undefined : at + 10 + Number(bytes.readBigUInt64BE(at + 2));
}
