import type { Listening } from "@trestle/events";
import {
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  messageOf,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import type { Core } from "../../core.ts";
import { mountedServers } from "../../operations/mounted.ts";

/** Sees to it that changes of objects that somebody listens for are told, wherever they are made. */
export interface ObjectWatches {
  /** `sees`: may whoever listens hear of this server? Throws `unavailable` where too many are watched. */
  listen(topics: readonly string[], sees: (server: string) => boolean): Listening;
  close(): void;
}

export type ObjectWatchesCore = Pick<
  Core,
  "live" | "catalog" | "upstreams" | "subscriptions" | "clock" | "log"
>;

interface Watch {
  listeners: number;
  readonly begun: Promise<void>;
  readonly stop: AbortController;
  cancelEnd(): void;
}

interface Watched {
  readonly server: string;
  readonly uri: string;
}

/** As long as the feed's other events are kept for those who come back. */
const LINGER_MS = 5 * 60_000;
const AGAIN_MS = 5_000;
/** Whoever subscribes waits no longer for the server of the objects. */
const BEGIN_MS = 5_000;
const MAX_WATCHES = 1_000;
/** One object; patterns name none that could be watched. */
const OBJECT_TOPIC = /^object:([^/*]+\/[^/*]+)$/;

/** The servers of objects tell of each object that is watched as a resource; so it is watched while somebody listens. */
export function createObjectWatches(core: ObjectWatchesCore): ObjectWatches {
  const { clock } = core;
  const watches = new Map<string, Watch>();

  function end(key: string): void {
    const watch = watches.get(key);
    watches.delete(key);
    watch?.cancelEnd();
    watch?.stop.abort();
  }

  function makeRoom(): void {
    if (watches.size < MAX_WATCHES) return;
    const [idle] = [...watches].find(([, { listeners }]) => listeners === 0) ?? [];
    if (idle === undefined) {
      throw new TrestleError(
        "unavailable",
        `${MAX_WATCHES} objects are listened for already: listen for fewer.`,
      );
    }
    end(idle);
  }

  function join(key: string, watched: Watched): Watch {
    const known = watches.get(key);
    if (known === undefined) makeRoom();
    const watch = known ?? begin(watched, core);
    watches.set(key, watch);
    watch.cancelEnd();
    watch.listeners += 1;
    return watch;
  }

  function leave(key: string, watch: Watch): void {
    watch.listeners -= 1;
    if (watch.listeners > 0) return;
    watch.cancelEnd = clock.after(LINGER_MS, () => end(key));
  }

  return {
    listen(topics, sees) {
      const joined = new Map<string, Watch>();
      const leaveAll = () => {
        for (const [key, watch] of joined) leave(key, watch);
        joined.clear();
      };
      try {
        for (const watched of watchedBy(topics, core).filter(({ server }) => sees(server))) {
          const key = `${watched.server} ${watched.uri}`;
          if (!joined.has(key)) joined.set(key, join(key, watched));
        }
      } catch (error) {
        leaveAll();
        throw error;
      }
      if (joined.size === 0) return { end: leaveAll };
      const all = Promise.all([...joined.values()].map(({ begun }) => begun));
      return { begun: atMost(all, BEGIN_MS, core), end: leaveAll };
    },
    close() {
      for (const key of [...watches.keys()]) end(key);
    },
  };
}

function watchedBy(topics: readonly string[], core: ObjectWatchesCore): readonly Watched[] {
  const objects = topics.flatMap((topic) => OBJECT_TOPIC.exec(topic)?.[1] ?? []);
  if (objects.length === 0) return [];
  return mountedServers("objects", core).flatMap((server) =>
    objects.map((object) => ({ server, uri: `object://${object}` })),
  );
}

function begin(watched: Watched, core: ObjectWatchesCore): Watch {
  const stop = new AbortController();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  void hold(watched, { stop: stop.signal, begun: resolve }, core);
  return { listeners: 0, begun, stop, cancelEnd: () => {} };
}

/** Joins those who watch it as clients do, and leaves them at the end. */
async function hold(
  { server, uri }: Watched,
  { stop, begun }: { readonly stop: AbortSignal; readonly begun: () => void },
  core: ObjectWatchesCore,
): Promise<void> {
  const { catalog, upstreams, subscriptions, log } = core;
  const key = catalog.uris(server).toExposed(uri);
  const ask = (method: string) => async () => {
    const upstream = upstreams.get(server);
    if (!upstream) throw new TrestleError("not_found", `No server "${server}" is configured.`);
    return upstream.request(method, { uri }, contextOf(stop));
  };
  const stopped = new Promise<void>((resolve) => {
    stop.addEventListener("abort", () => resolve(), { once: true });
  });
  while (!stop.aborted) {
    try {
      await subscriptions.add(key, ask("resources/subscribe"));
      begun();
      await stopped;
      await subscriptions.remove(key, ask("resources/unsubscribe"));
    } catch (error) {
      if (stop.aborted) return;
      log.warn("an object cannot be watched now", { server, uri, error: messageOf(error) });
      begun();
      await atMost(stopped, AGAIN_MS, core);
    }
  }
}

/** Nobody's own: all who may hear of it listen to one watch. */
function contextOf(signal: AbortSignal): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
  };
}

function atMost(
  work: Promise<unknown>,
  ms: number,
  { clock }: Pick<ObjectWatchesCore, "clock">,
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
