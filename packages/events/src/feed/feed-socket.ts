import type { Duplex } from "node:stream";
import {
  type Clock,
  isJsonObject,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { RawData, WebSocket } from "ws";
import { createTopicFilter, type HubEvent, type HubMessage } from "../hub/event.ts";
import type { Hub } from "../hub/hub.ts";
import { createFeedCalls, type FeedCall } from "./feed-calls.ts";
import { createPayloadFilter } from "./payload-filter.ts";

/** Who is at the other end of a feed. */
export interface FeedPeer {
  /** May this peer see the event? Left out: all of them. */
  mayRead?(event: HubEvent): boolean;
  /** Asked at each keepalive, so that a revoked key ends its feeds. Left out: always. */
  isValid?(): boolean;
  /** Told which topics this peer wants from now on, where something has to be done for them to be told. */
  listen?(topics: readonly string[]): Listening;
  /** Answers `call` frames. Left out: there is nothing to call. */
  readonly call?: FeedCall;
}

export interface Listening {
  /** Resolves when it is told of everything that happens from then on; never rejects. */
  readonly begun?: Promise<void> | undefined;
  end(): void;
}

/** What a feed tells of: a hub, or anything else that numbers its events and can replay them. */
export type FeedHub = Pick<Hub, "subscribe" | "lastSeq">;

export interface FeedSocketParts {
  readonly hub: FeedHub;
  readonly peer: FeedPeer;
  readonly keepaliveMs: number;
  readonly clock: Clock;
  /** What the WebSocket runs over. */
  readonly wire: Duplex;
}

/** So much may wait in a socket; what comes later waits in the hub, where it costs nothing. */
const MAX_BUFFERED = 256 * 1024;

const CLOSE_BAD_REQUEST = 4400;
const CLOSE_DENIED = 4401;

/** Speaks the feed's protocol on one socket until it closes. */
export function serveFeedSocket(socket: WebSocket, parts: FeedSocketParts): void {
  const { peer, wire } = parts;
  const gathering = createGathering(wire);
  const line = createLine(socket, gathering);
  const calls = peer.call && createFeedCalls(peer.call, line.reply);
  let unsubscribe = () => {};

  function take(data: RawData, isBinary: boolean): void {
    const frame = isBinary ? undefined : parse(String(data));
    const { type } = isJsonObject(frame) ? frame : {};
    if (type === "subscribe") {
      const begin = prepareSubscription(frame as JsonObject, line, parts);
      unsubscribe();
      unsubscribe = begin();
    } else if (type === "call" && calls) {
      calls.take(frame as JsonObject);
    } else {
      throw badRequest();
    }
  }

  socket.on("message", (data, isBinary) => {
    try {
      take(data, isBinary);
    } catch (error) {
      const code = isTrestleError(error) ? error.code : "internal";
      void line.send({ type: "error", code, message: messageOf(error) });
      socket.close(CLOSE_BAD_REQUEST, code);
    }
  });
  socket.on("error", () => {}); // a "close" follows
  const stopKeepalive = keepAlive(socket, parts);
  socket.once("close", () => {
    unsubscribe();
    calls?.close();
    stopKeepalive();
    gathering.end();
  });
}

/** What goes to the client. What they return resolves when there is room again. */
interface Line {
  send(message: JsonObject): Promise<void> | void;
  /** A client that asks without reading the answers is not heard until it does. */
  reply(message: JsonObject): Promise<void> | void;
}

/** When what is written goes to the wire: a write costs more than all else of an event. */
interface Gathering {
  /** What comes next goes with what follows it in this turn of the event loop, or soon where there is much. */
  gather(urgency: "soon" | "now"): void;
  end(): void;
}

/** Events that follow so soon after the last write wait until then. */
const GATHER_MS = 5;

function createGathering(wire: Duplex): Gathering {
  let isHeld = false;
  let wroteAt = Number.NEGATIVE_INFINITY;
  let waiting: NodeJS.Timeout | undefined;

  function release(): void {
    isHeld = false;
    waiting = undefined;
    wroteAt = performance.now();
    wire.uncork();
  }

  function hurry(): void {
    if (waiting === undefined) return;
    clearTimeout(waiting);
    waiting = undefined;
    setImmediate(release);
  }

  return {
    gather(urgency) {
      if (isHeld) return urgency === "now" ? hurry() : undefined;
      isHeld = true;
      wire.cork();
      const left = wroteAt + GATHER_MS - performance.now();
      if (left > 0 && urgency === "soon") waiting = setTimeout(release, left);
      else setImmediate(release);
    },
    end: () => clearTimeout(waiting),
  };
}

function createLine(socket: WebSocket, { gather }: Gathering): Line {
  function write(message: JsonObject, urgency: "soon" | "now"): Promise<void> | void {
    if (socket.readyState !== socket.OPEN) return;
    const text = JSON.stringify(message);
    gather(urgency);
    if (socket.bufferedAmount < MAX_BUFFERED) return socket.send(text);
    return new Promise((resolve) => socket.send(text, () => resolve()));
  }

  return {
    send: (message) => write(message, "soon"),
    reply(message) {
      const sent = write(message, "now");
      if (!sent) return;
      socket.pause();
      return sent.then(() => socket.resume());
    },
  };
}

/** Refuses what it cannot read. What it returns begins the subscription, and returns what ends it. */
function prepareSubscription(
  request: JsonObject,
  { send, reply }: Line,
  { hub, peer }: FeedSocketParts,
): () => () => void {
  const { topics, since, fits } = parseSubscribe(request);
  const listening = peer.listen?.(topics);
  return () => {
    const seq = hub.lastSeq();
    let waits = listening?.begun?.then(() => {
      waits = undefined;
      return reply({ type: "subscribed", seq });
    });
    if (!waits) void reply({ type: "subscribed", seq });
    const end = hub.subscribe({ topics, since: since ?? seq }, (message) => {
      if (message.kind === "event") {
        const { event } = message;
        if (!fits(event.payload) || peer.mayRead?.(event) === false) return;
      }
      const frame = toFrame(message);
      return waits ? waits.then(() => send(frame)) : send(frame);
    });
    return () => {
      end();
      listening?.end();
    };
  };
}

/** Ends a socket whose peer is silent for two intervals, or may no longer listen. */
function keepAlive(socket: WebSocket, { peer, keepaliveMs, clock }: FeedSocketParts): () => void {
  let isAlive = true;
  let cancel = () => {};
  socket.on("pong", () => {
    isAlive = true;
  });

  function check(): void {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    if (peer.isValid?.() === false) socket.close(CLOSE_DENIED, "No longer allowed");
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
    cancel = clock.after(keepaliveMs, check);
  }

  cancel = clock.after(keepaliveMs, check);
  return () => cancel();
}

interface Subscribe {
  readonly topics: readonly string[];
  readonly since?: number;
  readonly fits: (payload: JsonObject) => boolean;
}

function parseSubscribe({ topics, since, where }: JsonObject): Subscribe {
  if (!Array.isArray(topics)) throw badRequest();
  createTopicFilter(topics); // refused here, before anything is answered
  const asked = { topics: topics as string[], fits: createPayloadFilter(where) };
  if (since === undefined) return asked;
  if (typeof since !== "number" || !Number.isSafeInteger(since) || since < 0) throw badRequest();
  return { ...asked, since };
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function badRequest(): TrestleError {
  return new TrestleError(
    "invalid_input",
    'Send {"type":"subscribe","topics":["*"],"since":0} as text; since is the last number you have seen, or left out.',
  );
}

function toFrame(message: HubMessage): JsonObject {
  if (message.kind === "gap") return { type: "gap", ...message.gap };
  return { type: "event", ...message.event };
}
