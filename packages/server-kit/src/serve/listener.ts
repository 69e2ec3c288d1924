import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import { type Clock, createRoster, nodeHttp, type Roster } from "@trestle/protocol";
import type { Ongoing } from "./admitted.ts";
import { refuseMalformed } from "./malformed.ts";
import type { Upgrade } from "./node-http.ts";
import { plainHeaders } from "./plain-headers.ts";
import type { RefusedRequest } from "./tell-refused.ts";
import { takeUpgrades, type UpgradeParts } from "./upgrades.ts";

/**
 * Longer than the proxies before us keep theirs, ten minutes at the most: a request that is sent while the
 * connection is being closed is lost, and nobody but its client may send it again.
 */
const KEEP_ALIVE_MS = 620_000;
/** How long answers may take to leave once everything is told to end. */
const LAST_WORDS_MS = 1_000;
/**
 * A proxy uses up the connections that it keeps with us, each for one request more. Those that it does not use for a
 * second are closed, as all are after five: that is long for one that does.
 */
const QUIET_MS = 1_000;
const LEAVE_MS = 5_000;
const IDLE_TURNS = 3;
/** More than may wait in the system. */
const MOST_TURNS = 1_024;

export interface ListenerParts extends Omit<UpgradeParts, "answering"> {
  readonly clock: Clock;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told of every answer once it is over. */
  readonly onAnswered: (response: ServerResponse) => void;
  readonly onRefused: (refused: RefusedRequest) => void;
  readonly upgrade?: Upgrade | undefined;
  readonly slowest?: Slowest | undefined;
}

/** How long a sender may take, so that nobody holds connections by sending next to nothing. */
export interface Slowest {
  readonly headersMs: number;
  /** With the body. */
  readonly requestMs: number;
}
const SLOWEST: Slowest = { headersMs: 30_000, requestMs: 300_000 };
/** Whoever is late is found within so long. */
const LOOK_MS = 5_000;

/** The server of node, and what goes on at it. */
export interface Listener {
  listen(port: number, host: string): Promise<AddressInfo>;
  ongoing(): readonly Ongoing[];
  /**
   * Takes no connection any more, so that whoever stands before us goes elsewhere. What comes on those that are open
   * is served, each with a last answer. Resolves when nothing more can come, at the latest after five seconds.
   */
  leave(): Promise<void>;
  /** Ends all connections, after the answers that `finish` still brings about. */
  close(finish: () => Promise<void>): Promise<void>;
}

export function createListener(parts: ListenerParts): Listener {
  const { clock, handle, onAnswered, onRefused } = parts;
  const answering = createRoster<ServerResponse>();
  const handedOver = createRoster<Ongoing>();
  const sockets = new Set<Socket>();
  let [isLeaving, hasLeft] = [false, false];
  /** Told of each connection that ends, and each request that comes. */
  let onChange = (): void => {};

  const { headersMs, requestMs } = parts.slowest ?? SLOWEST;
  const bounds = {
    ...{ headersTimeout: headersMs, requestTimeout: requestMs },
    connectionsCheckingInterval: Math.min(LOOK_MS, headersMs),
  };
  const server = nodeHttp.createServer(bounds, (request, response) => {
    request.headers = plainHeaders(request.rawHeaders) ?? request.headers;
    if (isLeaving) response.setHeader("connection", "close");
    const leave = answering.add(response);
    onChange();
    response.on("close", () => {
      leave();
      onChange();
      onAnswered(response);
      if (hasLeft) request.socket.destroySoon();
    });
    handle(request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      onChange();
    });
  });
  refuseMalformed(server, {
    isAnswering: (socket) =>
      answering.items().some(({ req, headersSent }) => req.socket === socket && headersSent),
    onRefused,
  });
  if (parts.upgrade) {
    const upgrade = following(parts.upgrade, handedOver);
    takeUpgrades(server, upgrade, { ...parts, answering: answering.items });
  }
  const ongoing = () => [...answering.items(), ...handedOver.items()];
  const closed = new Promise((resolve) => server.once("close", resolve));

  function idle(): Socket[] {
    const busy = new Set(ongoing().map(({ req }) => req.socket));
    return [...sockets].filter((socket) => !busy.has(socket));
  }

  /** Streams go on for as long as they like; all else has its answer soon. */
  function isAnswering(): boolean {
    return answering.items().some(({ req }) => req.method !== "GET");
  }

  /** Until all is answered, and no connection is idle or none has been used for a while. */
  async function untilQuiet(): Promise<void> {
    const { promise: isQuiet, resolve } = Promise.withResolvers<void>();
    let cancel = (): void => {};
    onChange = () => {
      cancel();
      cancel = clock.after(QUIET_MS, () => (isAnswering() ? onChange() : resolve()));
      if (idle().length === 0 && !isAnswering()) resolve();
    };
    onChange();
    await within(clock, LEAVE_MS, isQuiet);
    onChange = () => {};
    cancel();
  }

  return {
    async listen(port, host) {
      server.listen(port, host);
      await once(server, "listening");
      return server.address() as AddressInfo;
    },
    ongoing,
    async leave() {
      isLeaving = true;
      await takeWaiting(server);
      // That of node:http would end the idle ones at once, on which a request may be on its way.
      NetServer.prototype.close.call(server);
      for (const response of answering.items()) {
        if (!response.headersSent) response.setHeader("connection", "close");
      }
      await untilQuiet();
      // What has come by now has been read, and its connection is not idle.
      await new Promise((resolve) => setImmediate(resolve));
      for (const socket of idle()) socket.destroySoon();
      hasLeft = true;
    },
    async close(finish) {
      server.close();
      await finish();
      // Connections that never carried a request count as busy for node: end them too, after all answers.
      const done = Promise.all(answering.items().map((response) => once(response, "close")));
      await within(clock, LAST_WORDS_MS, done);
      server.closeAllConnections();
      // Those are nobody's of the server's any more, and it would wait for them.
      for (const each of handedOver.items()) each.destroy();
      await closed;
    },
  };
}

/** Connections that are made already would be reset. Each turn accepts one: until there are turns without. */
async function takeWaiting(server: Server): Promise<void> {
  let left = IDLE_TURNS;
  const take = (): void => {
    left = IDLE_TURNS;
  };
  server.on("connection", take);
  for (let turn = 0; turn < MOST_TURNS && left > 0; turn += 1) {
    left -= 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off("connection", take);
}

/** Keeps count of the connections that are handed over, for as long as each lasts. */
function following(upgrade: Upgrade, handedOver: Roster<Ongoing>): Upgrade {
  return (request, socket, head, asks) => {
    if (!upgrade(request, socket, head, asks)) return false;
    const leave = handedOver.add({ req: request, destroy: () => socket.destroy() });
    socket.once("close", leave);
    return true;
  };
}

async function within(clock: Clock, ms: number, done: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(ms, late.resolve);
  await Promise.race([done, late.promise]);
  cancel();
}
