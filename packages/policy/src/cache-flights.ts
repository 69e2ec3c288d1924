import type { Clock, JsonObject, Progress, RequestContext } from "@trestle/protocol";
import { isWithin } from "./cache-memory.ts";
import type { CacheScope } from "./cache-store.ts";
import type { Call } from "./call.ts";
import { waitFor } from "./waiting.ts";

/** One request to the upstream, for everybody who asks the same at the same time. */
export interface Flight {
  /** Of the server when the request was sent; undefined before that. */
  generation: number | undefined;
  /** Its answer is not to be stored: the cache was cleared, or the user had a part in it. */
  discarded: boolean;
}

export interface Flights {
  /** Waits for the flight of that key and generation, if there is one. */
  join(key: string, generation: number, call: Call): Joined | undefined;
  /** Starts a flight and waits for it. The call that flies ends when nobody waits any more. */
  start(key: string, call: Call, fly: Fly): Promise<JsonObject>;
  /** Starts a flight that nobody waits for, unless one is under way. */
  refresh(key: string, call: Call, fly: Fly): void;
  /** Lets no flight in the scope be joined or stored. */
  discard(scope: CacheScope): void;
}

export interface Joined {
  readonly answer: Promise<JsonObject>;
  /** The call that flies. */
  readonly leader: Call;
}

export type Fly = (call: Call, flight: Flight) => Promise<JsonObject>;

interface Flown extends Flight {
  readonly call: Call;
  readonly waiting: Set<Call>;
  readonly controller: AbortController;
  answer: Promise<JsonObject>;
}

/** Keeps one flight per key. Who waits keeps their own deadline, and cancels nobody's wait but their own. */
export function createFlights(clock: Clock): Flights {
  const byKey = new Map<string, Flown>();

  function depart(key: string, call: Call, { fly, waits }: { fly: Fly; waits: boolean }): Flown {
    const flown: Flown = {
      generation: undefined,
      discarded: false,
      call,
      waiting: new Set(waits ? [call] : []),
      controller: new AbortController(),
      answer: Promise.resolve({}),
    };
    byKey.set(key, flown);
    flown.answer = fly({ ...call, context: sharedContext(flown) }, flown).finally(() => {
      if (byKey.get(key) === flown) byKey.delete(key);
    });
    // Everybody may have left by the time it fails.
    flown.answer.catch(() => {});
    return flown;
  }

  async function wait(key: string, flown: Flown, call: Call): Promise<JsonObject> {
    flown.waiting.add(call);
    try {
      return await waitFor(flown.answer, call, clock);
    } catch (error) {
      flown.waiting.delete(call);
      if (flown.waiting.size === 0) {
        if (byKey.get(key) === flown) byKey.delete(key);
        flown.controller.abort(error);
      }
      throw error;
    }
  }

  return {
    join(key, generation, call) {
      const flown = byKey.get(key);
      if (flown === undefined || flown.controller.signal.aborted) return undefined;
      if (flown.generation !== undefined && flown.generation !== generation) return undefined;
      // It ends in this very moment, for all who waited.
      if (clock.now() >= latestDeadline(flown)) return undefined;
      return { answer: wait(key, flown, call), leader: flown.call };
    },
    start: (key, call, fly) => wait(key, depart(key, call, { fly, waits: true }), call),
    refresh(key, call, fly) {
      if (!byKey.has(key)) depart(key, call, { fly, waits: false });
    },
    discard(scope) {
      for (const [key, flown] of byKey) {
        if (!isWithin(flown.call, scope)) continue;
        flown.discarded = true;
        byKey.delete(key);
      }
    },
  };
}

/** The context of all who wait: the latest deadline, everybody's progress, nobody's cancellation. */
function sharedContext(flown: Flown): RequestContext {
  const { context } = flown.call;
  const { askClient } = context;
  return {
    ...context,
    signal: flown.controller.signal,
    // Read anew by whoever waits: callers come and go meanwhile.
    get deadline() {
      return latestDeadline(flown);
    },
    onProgress: (progress: Progress) => {
      for (const { context } of flown.waiting) context.onProgress?.(progress);
    },
    ...(askClient && {
      askClient: (method: string, params: JsonObject) => {
        flown.discarded = true;
        return askClient(method, params);
      },
    }),
  };
}

function latestDeadline({ call, waiting }: Flown): number {
  const all = waiting.size === 0 ? [call] : [...waiting];
  return Math.max(...all.map(({ context }) => context.deadline ?? Number.POSITIVE_INFINITY));
}
