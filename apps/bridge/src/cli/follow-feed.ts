import { type Clock, isTrestleError, TrestleError } from "@trestle/protocol";
import { type RawData, WebSocket } from "ws";

export interface Feed {
  readonly url: string;
  readonly key: string | undefined;
}

export interface Following {
  readonly subscribe: Readonly<Record<string, unknown>>;
  readonly since: number | undefined;
  /** Takes each frame as it was written. */
  readonly take: (frame: string) => "more" | "enough";
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** A bridge that starts anew is waited for. */
const WAIT_MS = 30_000;
const AGAIN_MS = 500;

/**
 * Follows the feed of a bridge until it was enough or the signal, over restarts of the bridge: it goes on after the last
 * number that came. `find` is asked each time, since it may come back at another address. Throws where it is refused, and where nobody answers for half a minute.
 */
export async function followFeed(find: () => Feed, following: Following): Promise<void> {
  const { signal, clock, warn } = following;
  let last = following.since;
  let wasHeard = false;
  let until = clock.now();
  while (!signal.aborted) {
    const ended = await followFound(find, wasHeard, {
      ...following,
      since: last,
      heard({ seq, isNew }) {
        wasHeard = true;
        until = clock.now() + WAIT_MS;
        // The number at the beginning is that of the last event, which may still have to be told.
        if (isNew || last === undefined) last = seq ?? last;
      },
    });
    if (ended === "enough" || signal.aborted) return;
    if (!wasHeard || clock.now() >= until) throw ended;
    warn("The bridge has gone away. Waiting for it to come back.");
    await pause(clock, signal);
  }
}

/** Timers of the clock let a process end; one that waits for its bridge goes on. */
const ALIVE_MS = 60_000;

interface Once extends Following {
  readonly heard: (place: Place) => void;
}

async function followFound(
  find: () => Feed,
  wasHeard: boolean,
  once: Once,
): Promise<"enough" | TrestleError> {
  try {
    return await followOnce(find(), once);
  } catch (error) {
    if (wasHeard && isTrestleError(error) && error.code === "unavailable") return error;
    throw error;
  }
}

/** Resolves when it was enough, or to why the connection is gone and may come back. */
function followOnce({ url, key }: Feed, once: Once): Promise<"enough" | TrestleError> {
  const { subscribe, since, signal, take, heard } = once;
  return new Promise((resolve, reject) => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const socket = new WebSocket(url, { headers });
    const end = (how: "enough" | TrestleError): void => {
      resolve(how);
      signal.removeEventListener("abort", stop);
      socket.terminate();
    };
    const stop = (): void => end("enough");
    signal.addEventListener("abort", stop, { once: true });
    socket.on("open", () => {
      const asked = since === undefined ? {} : { since };
      socket.send(JSON.stringify({ type: "subscribe", ...subscribe, ...asked }));
    });
    socket.on("message", (data: RawData) => {
      const line = String(data);
      const refusal = refusalIn(line);
      if (refusal) return reject(refusal);
      heard(placeIn(line));
      if (take(line) === "enough") end("enough");
    });
    socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
      socket.terminate();
      reject(refused(url, statusCode));
    });
    socket.on("error", (error) => end(gone(url, error)));
    socket.on("close", (code) => {
      if (code === CLOSE_DENIED) reject(new TrestleError("denied", "The key holds no more."));
      else end(gone(url));
    });
  });
}

const CLOSE_DENIED = 4401;

function refusalIn(line: string): TrestleError | undefined {
  const frame = JSON.parse(line) as { type?: string; id?: string; message?: string };
  if (frame.type !== "error" || frame.id !== undefined) return undefined;
  return new TrestleError("invalid_input", String(frame.message));
}

/** Where a frame stands in the sequence. */
interface Place {
  readonly seq: number | undefined;
  /** Something happened there, or was missed. */
  readonly isNew: boolean;
}

function placeIn(line: string): Place {
  const { type, seq, to } = JSON.parse(line) as { type?: string; seq?: number; to?: number };
  return { seq: type === "gap" ? to : seq, isNew: type === "event" || type === "gap" };
}

function refused(url: string, status: number): TrestleError {
  if (status === 401 || status === 403) {
    return new TrestleError(
      "denied",
      `The bridge at ${url} asks for a key that is good: set MCP_API_KEY.`,
    );
  }
  return new TrestleError(
    "unavailable",
    `What answers at ${url} tells no events (status ${status}).`,
  );
}

function gone(url: string, cause?: Error): TrestleError {
  return new TrestleError("unavailable", `No bridge answers at ${url}.`, { cause });
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, ALIVE_MS);
    const end = (): void => {
      clearInterval(alive);
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(AGAIN_MS, end);
    signal.addEventListener("abort", end);
  });
}
