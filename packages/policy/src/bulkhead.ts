import type { Clock, JsonObject, TrestleError } from "@trestle/protocol";
import { type Call, nameOf, note, type Policy } from "./call.ts";
import { refusal } from "./faults.ts";
import { watchCaller } from "./waiting.ts";

export interface BulkheadSettings {
  /** Calls that one upstream works on at a time. */
  readonly concurrency: number;
  /** Calls that may wait for their turn. */
  readonly queue: number;
  /** True where a place stands for a process of the server's, which a call has until it ends. */
  readonly keepsPlace?: boolean;
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
  /** Calls whose user is asked something meanwhile; most of them have given up their place for that time. */
  readonly asking: number;
}

export interface Bulkhead {
  readonly policy: Policy;
  load(): BulkheadLoad[];
}

interface Room {
  running: number;
  /** In the order of arrival; each starts one waiting call. */
  readonly waiting: Set<() => void>;
  /** Calls that had a place and want it again. They come first: the server works on them already. */
  readonly returning: Set<() => void>;
  asking: number;
}

type AskClient = NonNullable<Call["context"]["askClient"]>;

/** One call's place among those that its server works on. */
interface Place {
  /** The call with a question to its user that gives the place up for as long as it is open. */
  readonly call: Call;
  end(): void;
}

/** On its way back to a place. */
interface Return {
  readonly promise: Promise<void>;
  resolve(): void;
  readonly start: () => void;
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
    if (room.running < settings.concurrency && room.waiting.size + room.returning.size === 0) {
      room.running += 1;
      note(call, "bulkhead", "free");
    } else await queue(room, call, settings);
    const place = placeIn(room, call);
    try {
      return await next(place.call);
    } finally {
      place.end();
    }
  };

  function placeIn(room: Room, call: Call): Place {
    const { askClient } = call.context;
    if (!askClient) return { call, end: () => leave(room, call) };
    return heldPlace(room, call, askClient);
  }

  /** The place of a call that may ask its user: given up for that time, and taken again with the answer. */
  function heldPlace(room: Room, call: Call, askClient: AskClient): Place {
    let isHeld = true;
    let isOver = false;
    let back: Return | undefined;

    /** Nobody's deadline runs meanwhile: that of a call stands still while its user is asked. */
    function comeBack(): Promise<void> {
      if (isHeld || isOver) return Promise.resolve();
      if (back) return back.promise;
      const { promise, resolve } = Promise.withResolvers<void>();
      const start = (): void => {
        [isHeld, back] = [true, undefined];
        resolve();
      };
      back = { promise, resolve, start };
      room.returning.add(start);
      fill(room, call);
      return promise;
    }

    async function ask(method: string, params: JsonObject): Promise<JsonObject> {
      room.asking += 1;
      if (isHeld && settingsFor(call)?.keepsPlace !== true) {
        isHeld = false;
        leave(room, call);
      }
      try {
        return await askClient(method, params);
      } finally {
        room.asking -= 1;
        await comeBack();
      }
    }

    return {
      call: { ...call, context: { ...call.context, askClient: ask } },
      end() {
        isOver = true;
        if (isHeld) leave(room, call);
        else if (back) {
          room.returning.delete(back.start);
          back.resolve();
        }
      },
    };
  }

  function roomOf(server: string): Room {
    let room = rooms.get(server);
    if (room === undefined) {
      room = { running: 0, waiting: new Set(), returning: new Set(), asking: 0 };
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

  function leave(room: Room, call: Call): void {
    room.running -= 1;
    fill(room, call);
  }

  function fill(room: Room, call: Call): void {
    // Asked anew, so that a cap that was changed meanwhile holds at once.
    const concurrency = settingsFor(call)?.concurrency ?? Number.POSITIVE_INFINITY;
    for (const among of [room.returning, room.waiting]) {
      for (const start of among) {
        if (room.running >= concurrency) return;
        among.delete(start);
        room.running += 1;
        start();
      }
    }
  }

  return {
    policy,
    load: () =>
      [...rooms].map(([server, { running, waiting, returning, asking }]) => ({
        server,
        running,
        waiting: waiting.size + returning.size,
        asking,
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
