/** Something that happened, as the feed tells it. */
export interface FeedEvent {
  readonly seq: number;
  /** Epoch milliseconds or ISO 8601, as the bridge writes it. */
  readonly time: string | number;
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly source?: string;
}

/** `lost`: it was there and will be again; `refused`: this caller may not read it. */
export type FeedState = "connecting" | "live" | "lost" | "refused";

/** What of a WebSocket is used. */
export interface FeedSocket {
  onopen: (() => void) | null;
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  onclose: ((close: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface FeedParts {
  readonly open: () => FeedSocket;
  readonly topics: readonly string[];
  readonly onEvent: (event: FeedEvent) => void;
  /** It is told of what happens from now on, for the first time. */
  readonly onBegin: () => void;
  /** These numbers nobody will see any more: what was read before may be stale. */
  readonly onGap: () => void;
  readonly onState: (state: FeedState) => void;
  /** Runs something later; returns how to call that off. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface FeedConnection {
  /** Do not wait for the next try. */
  retry(): void;
  close(): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The key holds no more. */
const REFUSED = 4401;

/**
 * Follows the feed: goes on after the last number that it saw when the connection was lost, and waits longer
 * after each failed try, by chance more or less, so that pages do not all come back at once.
 */
export function connectFeed(parts: FeedParts): FeedConnection {
  const { topics, onState, after, random } = parts;
  let socket: FeedSocket | undefined;
  let since: number | undefined;
  let tries = 0;
  let callOff: (() => void) | undefined;
  let closed = false;

  function connect(): void {
    callOff = undefined;
    onState(tries === 0 ? "connecting" : "lost");
    const own = parts.open();
    socket = own;
    own.onopen = () => own.send(subscription(topics, since));
    own.onmessage = ({ data }) => hear(readFrame(data));
    own.onclose = ({ code }) => {
      if (socket !== own || closed) return;
      socket = undefined;
      if (code === REFUSED) return onState("refused");
      wait();
    };
  }

  function wait(): void {
    onState("lost");
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
    tries += 1;
    callOff = after(longest * (0.5 + random() / 2), connect);
  }

  function hear(frame: Frame): void {
    if (frame.type === "subscribed") {
      tries = 0;
      // What was read before is as old as the reading: nobody told of what happened between.
      if (since === undefined) parts.onBegin();
      since ??= frame.seq;
      onState("live");
    } else if (frame.type === "gap") {
      since = frame.to;
      parts.onGap();
    } else if (frame.type === "event") {
      since = frame.seq;
      parts.onEvent(frame);
    }
  }

  connect();
  return {
    retry() {
      if (callOff === undefined || closed) return;
      callOff();
      connect();
    },
    close() {
      closed = true;
      callOff?.();
      socket?.close();
    },
  };
}

type Frame =
  | { readonly type: "subscribed"; readonly seq: number }
  | { readonly type: "gap"; readonly from: number; readonly to: number }
  | ({ readonly type: "event" } & FeedEvent)
  | { readonly type: "other" };

function subscription(topics: readonly string[], since: number | undefined): string {
  return JSON.stringify({ type: "subscribe", topics, ...(since === undefined ? {} : { since }) });
}

function readFrame(data: unknown): Frame {
  const frame = JSON.parse(String(data)) as Frame;
  return ["subscribed", "gap", "event"].includes(frame.type) ? frame : { type: "other" };
}
