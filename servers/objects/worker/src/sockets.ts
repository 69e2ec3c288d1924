import { CLOSE, type ObjectRef, type ServerFrame } from "../../src/protocol.ts";
import type { EventFrames } from "../../src/wire/watch-frames.ts";

/** What is known of a watcher while its object sleeps: it travels with the socket, not in memory. */
export interface Watcher {
  readonly ref: ObjectRef;
  readonly caller: string;
  /** As its token has them; null where the host asks for none. */
  readonly scopes: readonly string[] | null;
  /** Epoch milliseconds after which its token is worth nothing; null where it has no end. */
  readonly expiresAt: number | null;
}

/** What a runtime keeps with a hibernating socket; a token with more scopes than fit cannot watch. */
export const ATTACHMENT_BYTES = 8_192;

/** With each event the whole state, or not: sockets are found by it without looking at what they carry. */
export type Wants = "bare" | "whole";

export interface Sockets {
  accept(socket: WebSocket, watcher: Watcher, wants: Wants): void;
  watcherOf(socket: WebSocket): Watcher | undefined;
  /** When the first token of a watcher ends, in epoch milliseconds. */
  soonestEnd(): number | undefined;
  /** Closes those whose token has ended. */
  endExpired(now: number): void;
  /** Every one whose token is still good hears it; the others are closed. */
  tell(frames: EventFrames, now: number): void;
  /** What everyone hears alike. */
  tellAll(frame: ServerFrame): void;
  /** The object is elsewhere: who watches comes back and asks where. */
  endAll(): void;
}

export function createSockets(context: DurableObjectState): Sockets {
  const known = new WeakMap<WebSocket, Watcher>();
  /** Looked up when the object wakes; a watcher that left early only makes an alarm ring for nothing. */
  let soonest: { readonly at: number } | undefined;

  function watcherOf(socket: WebSocket): Watcher | undefined {
    const found = known.get(socket) ?? (socket.deserializeAttachment() as Watcher | null);
    if (found === null) return undefined;
    known.set(socket, found);
    return found;
  }

  function soonestEnd(): number {
    soonest ??= { at: Math.min(...context.getWebSockets().map((each) => endOf(watcherOf(each)))) };
    return soonest.at;
  }

  return {
    watcherOf,
    accept(socket, watcher, wants) {
      const at = Math.min(soonestEnd(), endOf(watcher));
      context.acceptWebSocket(socket, [wants]);
      socket.serializeAttachment(watcher);
      soonest = { at };
    },
    soonestEnd: () => (Number.isFinite(soonestEnd()) ? soonestEnd() : undefined),
    endExpired(now) {
      for (const socket of context.getWebSockets()) {
        if (isExpired(watcherOf(socket), now)) expire(socket);
      }
      const left = context.getWebSockets().map((each) => endOf(watcherOf(each)));
      soonest = { at: Math.min(...left.filter((end) => end > now)) };
    },
    tellAll(frame) {
      for (const socket of context.getWebSockets()) send(socket, JSON.stringify(frame));
    },
    endAll() {
      for (const socket of context.getWebSockets()) {
        socket.close(CLOSE.goingAway, "The object is with another host now.");
      }
    },
    tell(frames, now) {
      for (const wants of ["bare", "whole"] as const) {
        for (const socket of context.getWebSockets(wants)) {
          if (isExpired(watcherOf(socket), now)) expire(socket);
          else send(socket, frames[wants]);
        }
      }
    },
  };
}

function endOf(watcher: Watcher | undefined): number {
  return watcher?.expiresAt ?? Number.POSITIVE_INFINITY;
}

export function isExpired(watcher: Watcher | undefined, now: number): boolean {
  const { expiresAt = null } = watcher ?? {};
  return watcher === undefined || (expiresAt !== null && expiresAt <= now);
}

export function expire(socket: WebSocket): void {
  socket.close(CLOSE.expired, "The token has ended; connect with a new one.");
}

export function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // It closed meanwhile. Its watcher comes back and resumes.
  }
}
