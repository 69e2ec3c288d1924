import {
  type Clock,
  digestOf,
  type Logger,
  messageOf,
  type RequestContext,
  type ResourceUpdated,
  TrestleError,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import type { SavedCatalog } from "./saved.ts";
import { emptySnapshot, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { createLoopTeller } from "./via.ts";

const DEBOUNCE_MS = 100;
const MAX_RETRY_MS = 60_000;
/** From the connection to the last page of the last list: as long as it has to answer the handshake, or a call. */
const LIST_MS = 30_000;
/** What is compared in the background leaves the first requests of a run alone. */
const BACKGROUND_MS = 2_000;
/** Timers do not run longer. */
const LONGEST_MS = 2 ** 31 - 1;

/** Whose lists are served: of an earlier run until they have been compared with the server's own. */
export type ListsFrom = "nowhere" | "earlier run" | "server";

/** One upstream's part of the catalog: its last good lists, kept fresh. */
export interface Source {
  readonly upstream: Upstream;
  snapshot(): Snapshot;
  listsFrom(): ListsFrom;
  /** Why the last reading failed, while it does. */
  problem(): string | undefined;
  /** Settles, and never rejects, when there are lists or the first reading has failed. */
  readonly settled: Promise<void>;
  /** Has the server told of a change, or was it connected anew, and was not read since? */
  isBehind(): boolean;
  /**
   * Compares lists of an earlier run, or those of a source that is behind, with the server's, which is started
   * for that. Never rejects.
   */
  check(): Promise<void>;
  close(): void;
}

export interface SourceParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly context: RequestContext;
  /** Of this bridge, by which it knows what came through it before. */
  readonly bridgeId: string;
  readonly saved: SavedCatalog;
  /** Of how the upstream is connected now. */
  readonly fingerprint: () => string;
  readonly settings: () => FreshnessSettings;
  /** Does background work one at a time. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly onChanged: () => void;
  readonly onUpdated: (server: string, updated: ResourceUpdated) => void;
}

/** When lists are compared with those of the server. */
export interface FreshnessSettings {
  readonly verify: "on-use" | "at-start" | "before-serving";
  readonly maxAgeMs: number;
  readonly checkEveryMs: number;
}

/**
 * Serves the lists of the last run at once and compares them when the upstream is connected for whatever
 * reason; an upstream that has none is started to be read. Reads again after each change that is announced
 * (bursts count once), and after a failure with growing delays. A failed reading leaves the last good lists
 * in place, unless they are those of another server that stood behind this id.
 */
export function createSource(upstream: Upstream, parts: SourceParts): Source {
  const { clock, log, context, saved, fingerprint, settings, onChanged, onUpdated } = parts;
  const { id } = upstream;
  const tellOfLoop = createLoopTeller(id, log);
  let snapshot = emptySnapshot;
  let digest = "";
  /** Of how the upstream was connected that the lists are of. */
  let readFrom: string | undefined;
  let listsFrom: ListsFrom = "nowhere";
  let problem: string | undefined;
  let failures = 0;
  let reading: Promise<void> | undefined;
  let isConnecting = false;
  let stale = false;
  let cancelTimer = (): void => {};
  let cancelLook = (): void => {};
  let closed = false;
  /** What the server told that its lists may have changed, and how much of that was known to the last reading. */
  let told = 0;
  let toldBefore = 0;

  async function read(): Promise<void> {
    const from = fingerprint();
    isConnecting = true;
    let knows = told;
    const patience = createPatience(id, clock);
    const onReady = (): void => {
      isConnecting = false;
      knows = told;
      patience.begin();
    };
    try {
      const { signal } = patience;
      const asked = { context: { ...context, signal }, bridgeId: parts.bridgeId, onReady };
      const { snapshot: next, looped } = await takeSnapshot(upstream, asked);
      tellOfLoop(looped);
      // Replaced meanwhile: whose lists these are, nobody can tell.
      if (from !== fingerprint()) stale = true;
      else if (!closed) {
        toldBefore = knows;
        take(next, from);
      }
    } catch (error) {
      if (!closed) fail(error, from);
    } finally {
      isConnecting = false;
      patience.end();
      lookLater();
    }
  }

  function take(next: Snapshot, from: string): void {
    const nextDigest = digestOf(next as never);
    const isChanged = nextDigest !== digest;
    const isSaved = !isChanged && readFrom === from;
    [snapshot, digest, readFrom, listsFrom] = [next, nextDigest, from, "server"];
    problem = undefined;
    failures = 0;
    if (isSaved) saved.confirm(id, clock.now());
    else saved.save(id, { fingerprint: from, snapshot: next, digest: nextDigest });
    if (isChanged) onChanged();
  }

  function fail(error: unknown, from: string): void {
    problem = messageOf(error);
    failures += 1;
    log.warn("upstream could not be listed", { upstream: id, reason: problem });
    refreshIn(Math.min(MAX_RETRY_MS, 500 * 2 ** failures));
    if (readFrom === undefined || readFrom === from) return;
    [snapshot, digest, readFrom, listsFrom] = [emptySnapshot, "", undefined, "nowhere"];
    onChanged();
  }

  function refresh(): Promise<void> {
    if (reading) {
      stale = true;
      return reading;
    }
    reading = read().finally(() => {
      reading = undefined;
      if (stale && !closed) refreshIn(0);
      stale = false;
    });
    return reading;
  }

  function refreshIn(ms: number): void {
    cancelTimer();
    cancelTimer = clock.after(ms, () => void refresh());
  }

  const unsubscribe = upstream.subscribe((event) => {
    if (event.kind !== "resourceUpdated" && event.kind !== "resourcesChanged") told += 1;
    if (event.kind === "resourceUpdated") onUpdated(id, event);
    else if (event.kind !== "connected") refreshIn(DEBOUNCE_MS);
    // A reading that waits for the connection reads it anyway.
    else if (!isConnecting) void refresh();
  });

  /** Also of a server that tells of no changes, or whose word was lost. */
  function lookLater(ms = settings().checkEveryMs): void {
    cancelLook();
    if (closed || ms <= 0) return;
    cancelLook = clock.after(Math.min(ms, LONGEST_MS), () => void parts.inTurn(look));
  }

  async function look(): Promise<void> {
    if (closed) return;
    if (listsFrom === "earlier run") {
      await refresh();
      upstream.rest();
    } else if (upstream.health().state === "ready") await refresh();
    else lookLater();
  }

  function open(): Promise<void> {
    const { verify, maxAgeMs } = settings();
    const from = fingerprint();
    const lists = verify === "before-serving" ? undefined : saved.load(id, from);
    if (!lists) return refresh();
    [{ snapshot, digest }, readFrom, listsFrom] = [lists, from, "earlier run"];
    // A mounted server costs no process, and what it offers may depend on more than its entry.
    const isSoon = verify === "at-start" || upstream.kind === "embedded";
    const dueMs = isSoon ? 0 : lists.checkedAt + maxAgeMs - clock.now();
    lookLater(BACKGROUND_MS + Math.max(0, dueMs));
    return Promise.resolve();
  }

  return {
    upstream,
    settled: open(),
    snapshot: () => snapshot,
    listsFrom: () => listsFrom,
    problem: () => problem,
    isBehind: () => told !== toldBefore,
    check: async () => {
      if (listsFrom === "earlier run") await (reading ?? refresh());
      // The reading that is under way may have begun before the server told.
      for (let left = 2; left > 0 && told !== toldBefore && !closed; left -= 1) {
        await (reading ?? refresh());
      }
    },
    close: () => {
      closed = true;
      cancelTimer();
      cancelLook();
      unsubscribe();
    },
  };
}

/** A server that never lists must not keep its source from asking again. */
function createPatience(id: string, clock: Clock) {
  const controller = new AbortController();
  let cancel = (): void => {};
  return {
    signal: controller.signal,
    begin() {
      cancel = clock.after(LIST_MS, () => {
        const message = `Upstream "${id}" did not list what it offers within ${LIST_MS / 1000} s.`;
        controller.abort(new TrestleError("timeout", message, { details: { upstream: id } }));
      });
    },
    end: () => cancel(),
  };
}
