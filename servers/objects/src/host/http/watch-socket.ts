import { messageOf } from "@trestle/protocol";
import type { RawData, WebSocket } from "ws";
import { toWireError } from "../../object-error.ts";
import type { Change } from "../../objects.ts";
import {
  CLOSE,
  type ClientFrame,
  clientFrame,
  PING_FRAME,
  PONG_FRAME,
  type ServerFrame,
} from "../../protocol.ts";
import { readJson } from "../../wire/body.ts";
import { type HostParts, requireCall, type Watch } from "./answer.ts";
import { keepAlive } from "./keep-alive.ts";

/** So much may wait in a socket. Whoever reads slower is sent away, and resumes where it was. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Tells one watcher all that it missed and all that comes, each change once and in order. */
export function serveWatcher(socket: WebSocket, watch: Watch, parts: HostParts): void {
  const { objects, clock, log } = parts;
  const { ref, query } = watch;
  const wants = query.state ? "whole" : "bare";
  let seq = query.since;
  /** What comes while the first frames are asked for. */
  let pending: Change[] | undefined = [];
  let unfollow = () => {};

  function send(text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_WAITING) {
      socket.close(CLOSE.tooSlow, "Read faster, or come back and resume.");
      return;
    }
    socket.send(text);
  }

  async function catchUp(): Promise<void> {
    pending = [];
    const since = seq === undefined ? {} : { since: seq };
    for (const frame of await objects.begin(ref, { state: query.state, ...since })) {
      if (frame.type === "event" || frame.type === "state" || frame.type === "ready")
        seq = frame.seq;
      send(JSON.stringify(frame));
    }
    const waiting = pending ?? [];
    pending = undefined;
    for (const change of waiting) take(change);
  }

  function take(change: Change): void {
    if (pending !== undefined) {
      pending.push(change);
      return;
    }
    const known = seq ?? 0;
    if (change.kind === "event" && change.seq <= known) return;
    if (change.kind === "event" && change.seq === known + 1) {
      seq = change.seq;
      send(change.frames[wants]);
      return;
    }
    catchUp().catch(fail);
  }

  function fail(error: unknown): void {
    log.warn("a watcher is sent away", { ...ref, error: messageOf(error) });
    socket.close(1011, "The host failed; come back.");
  }

  const stop = keepAlive(socket, { clock, expiresAt: watch.principal.expiresAt });
  socket.on("message", (data, isBinary) =>
    takeFrame(socket, { data, isBinary, send }, watch, parts),
  );
  socket.on("error", () => {}); // a "close" follows
  socket.once("close", () => {
    stop();
    unfollow();
  });
  objects
    .follow(ref, take, { state: query.state })
    .then(async (end) => {
      unfollow = end;
      if (socket.readyState === socket.OPEN) await catchUp();
      else end();
    })
    .catch(fail);
}

interface Message {
  readonly data: RawData;
  readonly isBinary: boolean;
  readonly send: (text: string) => void;
}

function takeFrame(
  socket: WebSocket,
  { data, isBinary, send }: Message,
  { ref, principal }: Watch,
  { objects, classes, log }: HostParts,
): void {
  const text = isBinary ? undefined : String(data);
  if (text === PING_FRAME) {
    send(PONG_FRAME);
    return;
  }
  const frame = text === undefined ? undefined : frameOf(text);
  if (frame === undefined) {
    socket.close(CLOSE.badFrame, "This is no frame of a watcher.");
    return;
  }
  if (frame.type === "ping") {
    send(PONG_FRAME);
    return;
  }
  const { type: _, id, ...request } = frame;
  const answer = (answered: ServerFrame) => send(JSON.stringify(answered));
  void (async () => {
    requireCall(classes, { ref, method: request.method, principal });
    answer({ type: "result", id, ...(await objects.call(ref, request, principal.name)) });
  })().catch((error: unknown) => {
    const wire = toWireError(error);
    if (wire.code === "internal") log.error("a call failed", { ...ref, error: messageOf(error) });
    answer({ type: "error", id, error: wire });
  });
}

function frameOf(text: string): ClientFrame | undefined {
  try {
    return readJson(clientFrame, text);
  } catch {
    return undefined;
  }
}
