import {
  type Clock,
  type JsonObject,
  type JsonValue,
  type Logger,
  silentLogger,
  TrestleError,
} from "@trestle/protocol";
import { JOIN_TIMEOUT_MS, notAnswering, ownFolder } from "./own-folder.ts";
import type { OwnerMembership } from "./owner-membership.ts";
import { createOwnerLink } from "./share-link.ts";
import { createOwnerDesk, type FolderBackend, type OwnerDesk } from "./share-owner.ts";
import { type Outcome, type Peer, type SharedCall, unlessCancelled, within } from "./share-peer.ts";

export interface ShareFolderOptions {
  readonly path: string;
  /** Opens the data; called only in the process that owns the folder, once for each time it does. */
  readonly open: (fence: number) => Promise<FolderBackend>;
  /** As `ownFolder` has it. */
  readonly talks?: number;
  readonly info?: JsonObject;
  readonly joinTimeoutMs?: number;
  /** How long `close` lets running calls go on before it aborts them; 10 000 by default. */
  readonly closeGraceMs?: number;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface SharedCallOptions {
  readonly signal?: AbortSignal;
  /** May the call be made again where its owner died under it? If not, it fails with `outcome_unknown`. */
  readonly repeatable: boolean;
}

export interface SharedFolder {
  call(method: string, payload: JsonValue, options: SharedCallOptions): Promise<JsonValue>;
  /** `idle`: no call yet, or the owner is gone and nobody called since. */
  role(): "owner" | "joined" | "idle";
  /** Finishes running calls first, refuses new ones. Joiners go on with another owner. */
  close(): Promise<void>;
}

/** How many owners may end under one call before it gives up. */
const MAX_OWNERS = 8;
const CLOSE_GRACE_MS = 10_000;

/**
 * One data folder for many processes: whoever owns it answers, the others send it their calls, and
 * when it dies the next caller takes over. Nothing happens before the first call.
 */
export function shareFolder(options: ShareFolderOptions): SharedFolder {
  let reaching: Promise<Peer> | undefined;
  let reached: Peer | undefined;
  let closed: Promise<void> | undefined;
  const stop = new AbortController();

  /** All callers of this process share one peer, and one attempt to reach it. */
  function reach(): Promise<Peer> {
    if (reaching) return reaching;
    const forget = () => {
      reaching = undefined;
      reached = undefined;
    };
    reaching = reachPeer(options, stop.signal);
    reaching.then((peer) => {
      reached = peer;
      peer.ended.then(forget, forget);
    }, forget);
    return reaching;
  }

  async function call(
    method: string,
    payload: JsonValue,
    { signal, repeatable }: SharedCallOptions,
  ): Promise<JsonValue> {
    const waiting = { method, signal };
    for (let owners = 0; owners < MAX_OWNERS; owners += 1) {
      if (closed) throw closedError(options.path);
      const peer = await unlessCancelled(reach(), waiting).catch((error) => {
        throw closed ? closedError(options.path) : error;
      });
      const outcome = await peer.call({ method, payload, signal });
      if (outcome.kind === "answered") return outcome.value;
      if (outcome.kind === "lost" && !repeatable) throw outcomeUnknown(peer, method, options.path);
      await unlessCancelled(peer.ended, waiting);
    }
    throw new TrestleError(
      "unavailable",
      `${MAX_OWNERS} owners of ${options.path} ended during ${method}; see their logs, then try again.`,
    );
  }

  async function close(): Promise<void> {
    stop.abort();
    const peer = await reaching?.catch(() => undefined);
    await peer?.close(options.closeGraceMs ?? CLOSE_GRACE_MS);
  }

  return {
    call,
    role: () => reached?.role ?? "idle",
    close: () => (closed ??= close()),
  };
}

async function reachPeer(options: ShareFolderOptions, signal: AbortSignal): Promise<Peer> {
  const { path, info, talks, joinTimeoutMs = JOIN_TIMEOUT_MS, clock, log = silentLogger } = options;
  const opening = Promise.withResolvers<FolderBackend>();
  opening.promise.catch(() => {}); // whoever calls is told
  const desk = createOwnerDesk(opening.promise, log);
  const membership = await ownFolder({
    path,
    onJoin: desk.serve,
    signal,
    joinTimeoutMs,
    ...(info ? { info } : {}),
    ...(talks === undefined ? {} : { talks }),
    ...(clock ? { clock } : {}),
  });
  if (membership.role === "joined") {
    const link = createOwnerLink(membership);
    if (await within(joinTimeoutMs, link.greeted)) return link;
    await link.close(0);
    throw notAnswering(path);
  }
  const peer = createOwnPeer({ desk, membership, backend: opening.promise });
  try {
    opening.resolve(await options.open(membership.fence));
    return peer;
  } catch (error) {
    opening.reject(error);
    await peer.close(0);
    throw error;
  }
}

interface Own {
  readonly desk: OwnerDesk;
  readonly membership: OwnerMembership;
  readonly backend: Promise<FolderBackend>;
}

function createOwnPeer({ desk, membership, backend }: Own): Peer {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  async function close(graceMs: number): Promise<void> {
    await desk.drain(graceMs);
    try {
      await backend.then(
        (opened) => opened.close(),
        () => {},
      );
    } finally {
      await membership.close();
      end();
    }
  }
  const call = (shared: SharedCall): Promise<Outcome> => desk.call(shared);
  return { role: "owner", pid: process.pid, call, ended, close };
}

function closedError(path: string): TrestleError {
  return new TrestleError("unavailable", `${path} is closed in this process; open it again.`, {
    retryable: false,
  });
}

function outcomeUnknown(peer: Peer, method: string, path: string): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `Process ${peer.pid}, which owned ${path}, ended during ${method}: it may or may not have ` +
      "happened. Look before you call again.",
  );
}
