import { PING_FRAME, PONG_FRAME } from "../protocol.ts";
import { type BackoffSettings, backoffMs } from "./backoff.ts";
import type { Attempt, Breaker } from "./breaker.ts";
import type { ClientClock } from "./clock.ts";
import { createHeartbeat, type HeartbeatSettings } from "./heartbeat.ts";

/** What of a WebSocket is used: the one of browsers, workers and Node. */
export interface Socket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((this: never, event: Event) => unknown) | null;
  onmessage: ((this: never, event: MessageEvent) => unknown) | null;
  onclose: ((this: never, event: CloseEvent) => unknown) | null;
  onerror: ((this: never, event: never) => unknown) | null;
}

/** Why a connection ended. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
  /** Did it ever stand? */
  readonly wasOpen: boolean;
}

export type LinkState =
  | { readonly state: "connecting"; readonly failures: number }
  | { readonly state: "open" }
  | { readonly state: "waiting"; readonly failures: number; readonly retryInMs: number }
  | { readonly state: "closed"; readonly error?: Error };

export interface LinkParts {
  /** Opens a socket; where that needs a token first, it waits for it. */
  readonly connect: () => Promise<Socket>;
  readonly onText: (text: string) => void;
  readonly onState: (state: LinkState) => void;
  /** An error where trying again cannot help, as with a bad token; undefined where it can. */
  readonly judge: (end: LinkEnd) => Promise<Error | undefined>;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly breaker: Breaker;
  readonly backoff: BackoffSettings;
  readonly heartbeat: HeartbeatSettings;
}

/** A connection that comes back: one socket at a time, until it is closed or refused for good. */
export interface Link {
  readonly state: LinkState;
  open(): void;
  /** False where nothing stands to send on. */
  send(text: string): boolean;
  /** Ends this socket and opens the next, as after a frame that does not fit. */
  restart(why: string): void;
  close(): void;
}

/** Codes that a client may give; the others are the network's. */
const NORMAL = 1000;
const RESTART = 4000;
const ABNORMAL = 1006;
const OPEN = 1;

export function createLink(parts: LinkParts): Link {
  const { clock, random, breaker, backoff } = parts;
  let state: LinkState = { state: "closed" };
  let failures = 0;
  /** Each socket has a number: what an earlier one still says is not heard. */
  let generation = 0;
  let socket: Socket | undefined;
  let cancelWait = () => {};
  let cancelStable = () => {};
  const heartbeat = createHeartbeat({
    ...{ clock, settings: parts.heartbeat, ping: PING_FRAME, pong: PONG_FRAME },
    send: (text) => void send(text),
    onSilence: () => restart("The host is silent."),
  });

  function become(next: LinkState): void {
    state = next;
    parts.onState(next);
  }

  function attempt(): void {
    const asked = breaker.ask();
    if ("waitMs" in asked) wait(asked.waitMs);
    else void connect(asked.attempt);
  }

  async function connect(probe: Attempt): Promise<void> {
    generation += 1;
    const mine = generation;
    become({ state: "connecting", failures });
    // A network that swallows everything must not hold an attempt for ever.
    cancelWait = clock.after(parts.heartbeat.connectMs, () => lose("No connection came about."));
    const lose = (reason: string) => ended(mine, probe, { code: ABNORMAL, reason, wasOpen: false });
    try {
      const opened = await parts.connect();
      if (mine === generation) attach(opened, mine, probe);
      else discard(opened);
    } catch (error) {
      lose(error instanceof Error ? error.message : String(error));
    }
  }

  function attach(opened: Socket, mine: number, probe: Attempt): void {
    socket = opened;
    let wasOpen = false;
    opened.onopen = () => {
      if (mine !== generation) return;
      wasOpen = true;
      cancelWait();
      probe.succeeded();
      heartbeat.start();
      // A host that takes connections and drops them again gets no quicker attempts for it.
      cancelStable = clock.after(parts.heartbeat.stableMs, () => {
        failures = 0;
      });
      become({ state: "open" });
    };
    opened.onmessage = ({ data }) => {
      if (mine !== generation || typeof data !== "string") return;
      if (!heartbeat.heard(data)) parts.onText(data);
    };
    opened.onclose = ({ code, reason }) => ended(mine, probe, { code, reason, wasOpen });
    // The close that follows says more.
    opened.onerror = () => {};
  }

  function ended(mine: number, probe: Attempt, end: LinkEnd): void {
    if (mine !== generation) return;
    generation += 1;
    detach();
    void judge(generation, probe, end);
  }

  async function judge(mine: number, probe: Attempt, end: LinkEnd): Promise<void> {
    const error = await parts.judge(end).catch(() => undefined);
    if (error === undefined) probe.failed();
    else probe.succeeded();
    if (mine !== generation) return;
    if (error !== undefined) become({ state: "closed", error });
    else retry();
  }

  function retry(atLeastMs = 0): void {
    const delay = backoffMs(failures, random, { settings: backoff, atLeastMs });
    failures += 1;
    sleep(delay);
  }

  /** The breaker's word is a lower bound, and all of one host hear it at once: each adds a wait of its own. */
  function wait(atLeastMs: number): void {
    sleep(backoffMs(failures, random, { settings: backoff, atLeastMs }));
  }

  function sleep(retryInMs: number): void {
    become({ state: "waiting", failures, retryInMs });
    cancelWait = clock.after(retryInMs, attempt);
  }

  function detach(): void {
    cancelWait();
    cancelStable();
    heartbeat.stop();
    if (socket !== undefined) discard(socket);
    socket = undefined;
  }

  function send(text: string): boolean {
    if (state.state !== "open" || socket?.readyState !== OPEN) return false;
    socket.send(text);
    return true;
  }

  function restart(why: string): void {
    if (state.state !== "open") return;
    generation += 1;
    socket?.close(RESTART, why.slice(0, 100));
    detach();
    retry();
  }

  return {
    get state() {
      return state;
    },
    open() {
      if (state.state === "closed") attempt();
    },
    send,
    restart,
    close() {
      generation += 1;
      socket?.close(NORMAL);
      detach();
      if (state.state !== "closed") become({ state: "closed" });
    },
  };
}

/** Nothing that it still says is heard. */
function discard(socket: Socket): void {
  socket.onopen = () => socket.close(NORMAL);
  socket.onmessage = null;
  socket.onclose = null;
  socket.onerror = () => {};
  if (socket.readyState === OPEN) socket.close(NORMAL);
}
