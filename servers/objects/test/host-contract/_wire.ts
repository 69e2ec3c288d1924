import { until } from "@trestle/testkit/surroundings";
import { WebSocket } from "ws";
import { fromWireError, type WireError } from "../../src/object-error.ts";
import { type ServerFrame, TOKEN_PROTOCOL, WATCH_PROTOCOL } from "../../src/protocol.ts";

/** The wire as it is, without a client that mends anything. */
export interface Wire {
  ask(method: string, path: string, body?: unknown): Promise<Reply>;
  /** The result of a call that must succeed. */
  call(
    object: string,
    method: string,
    args?: object,
    more?: object,
  ): Promise<Record<string, unknown>>;
  initialize(object: string, args?: object): Promise<Record<string, unknown>>;
  watch(object: string, query?: string): Promise<Watched>;
}

export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Watched {
  readonly frames: readonly ServerFrame[];
  readonly closed: { readonly code: number } | undefined;
  send(frame: object | string): void;
  /** The first frame that fits and was not taken before. */
  next(what: string, fits: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  untilClosed(): Promise<number>;
  close(): void;
}

/** @param token Undefined sends none. */
export function createWire(url: string, token: string | undefined): Wire {
  async function ask(method: string, path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Reply["body"] };
  }

  async function succeed(path: string, body: object): Promise<Record<string, unknown>> {
    const reply = await ask("POST", path, body);
    if (reply.status !== 200) throw fromWireError(reply.body.error as WireError);
    return reply.body;
  }

  return {
    ask,
    call: (object, method, args = {}, more = {}) =>
      succeed(`/v1/objects/${object}/call`, { method, args, ...more }),
    initialize: (object, args = {}) => succeed(`/v1/objects/${object}/initialize`, { args }),
    watch: (object, query = "") => openWatch(`${url}/v1/objects/${object}/watch${query}`, token),
  };
}

async function openWatch(url: string, token: string | undefined): Promise<Watched> {
  const protocols = [WATCH_PROTOCOL, ...(token === undefined ? [] : [TOKEN_PROTOCOL + token])];
  const socket = new WebSocket(url.replace(/^http/, "ws"), protocols);
  const frames: ServerFrame[] = [];
  const taken = new Set<ServerFrame>();
  let closed: { readonly code: number } | undefined;
  socket.on("message", (data) => frames.push(JSON.parse(String(data)) as ServerFrame));
  socket.on("close", (code) => {
    closed = { code };
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return {
    frames,
    get closed() {
      return closed;
    },
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async next(what, fits) {
      const find = () => frames.find((frame) => !taken.has(frame) && fits(frame));
      await until(what, () => find() !== undefined);
      const found = find() as ServerFrame;
      taken.add(found);
      return found;
    },
    async untilClosed() {
      await until("the socket is closed", () => {
        // The close frame is there; some hosts leave it to the client to end the connection below.
        if (socket.readyState === socket.CLOSING) socket.terminate();
        return closed !== undefined;
      });
      return closed?.code ?? 0;
    },
    close: () => socket.close(),
  };
}
