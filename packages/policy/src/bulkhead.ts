import type { Clock, TrestleError } from "@trestle/protocol";
import { type Call, nameOf, note, type Policy } from "./call.ts";
import { refusal } from "./faults.ts";
import { watchCaller } from "./waiting.ts";

export interface BulkheadSettings {
  /** Calls that one upstream works on at a time. */
  readonly concurrency: number;
  /** Calls that may wait for their turn. */
  readonly queue: number;
}

export interface BulkheadParts {
  /** Undefined where nothing is capped. The upstream's, so the same for all its tools. */
  readonly settingsFor: (call: Call) => BulkheadSettings | undefined;
  readonly clock: Clock;
}

export interface BulkheadLoad {
  readonly server: string;
  readonly running: number;
  readonly waiting: number;
}

export interface Bulkhead {
  readonly policy: Policy;
  load(): BulkheadLoad[];
}

interface Room {
  running: number;
  /** In the order of arrival; each starts one waiting call. */
  readonly waiting: Set<() => void>;
}

/** What a refused caller is told to wait, for want of a better guess. */
const FULL_RETRY_MS = 1_000;

/**
 * Lets so many calls at a time reach an upstream; a few more wait their turn. The wait counts against
 * the caller's deadline, never against an attempt, and is no failure of the upstream.
 */
export function createBulkhead({ settingsFor, clock }: BulkheadParts): Bulkhead {
  const rooms = new Map<string, Room>();

  const policy: Policy = async function bulkhead(call, next) {
    const settings = settingsFor(call);
    if (settings === undefined) return next(call);
    const room = roomOf(call.server);
    if (room.running < settings.concurrency && room.waiting.size === 0) {
      room.running += 1;
      note(call, "bulkhead", "free");
    } else await queue(room, call, settings);
    try {
      return await next(call);
    } finally {
      // Asked anew, so that a cap that was changed meanwhile holds at once.
      leave(room, settingsFor(call)?.concurrency ?? Number.POSITIVE_INFINITY);
    }
  };

  function roomOf(server: string): Room {
    let room = rooms.get(server);
    if (room === undefined) {
      room = { running: 0, waiting: new Set() };
      rooms.set(server, room);
    }
    return room;
  }

  async function queue(room: Room, call: Call, settings: BulkheadSettings): Promise<void> {
    if (room.waiting.size >= settings.queue) {
      note(call, "bulkhead", "full");
      throw fullError(call, settings);
    }
    const since = clock.now();
    const waited = (decision: string) => note(call, "bulkhead", decision, clock.now() - since);
    try {
      await turn(room, call);
      waited("waited");
    } catch (error) {
      waited("left the queue");
      throw error;
    }
  }

  /** Resolves when it is this call's turn, which then already counts as running. */
  function turn(room: Room, call: Call): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        stop();
        resolve();
      };
      room.waiting.add(start);
      const stop = watchCaller(call, clock, (error) => {
        room.waiting.delete(start);
        reject(gaveUp(call, error));
      });
    });
  }

  function leave(room: Room, concurrency: number): void {
    room.running -= 1;
    for (const start of room.waiting) {
      if (room.running >= concurrency) return;
      room.waiting.delete(start);
      room.running += 1;
      start();
    }
  }

  return {
    policy,
    load: () =>
      [...rooms].map(([server, { running, waiting }]) => ({
        server,
        running,
        waiting: waiting.size,
      })),
  };
}

function fullError(call: Call, { concurrency, queue }: BulkheadSettings): TrestleError {
  return refusal("bulkhead", "unavailable", {
    message: `"${call.server}" works on ${concurrency} calls and ${queue} more wait, so ${nameOf(call)} was not sent. Try again shortly.`,
    retryAfterMs: FULL_RETRY_MS,
    details: { upstream: call.server, tool: call.tool },
  });
}

/** Given up in the queue, this attempt was not sent, whatever happened to earlier ones. */
function gaveUp(call: Call, { code, message, cause }: TrestleError): TrestleError {
  return refusal("bulkhead", code, {
    message: `${message} It was waiting for "${call.server}", which is busy.`,
    cause,
    details: { upstream: call.server, tool: call.tool },
  });
}
