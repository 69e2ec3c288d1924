import { mkdirSync, realpathSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Clock,
  type JsonObject,
  messageOf,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { isFolderLocked, takeFolderLock } from "./folder-lock.ts";
import { becomeOwner, type OwnerMembership } from "./owner-membership.ts";
import { type OwnerRecord, readOwnerRecord } from "./owner-record.ts";
import { GREETING } from "./share-wire.ts";

export interface OwnFolderOptions {
  /** The data folder; created with mode 0700 where it does not exist. */
  readonly path: string;
  /** Called in the owner for each process that joins. The socket's errors are already caught. */
  readonly onJoin: (socket: Socket) => void;
  /**
   * The language that owner and joiners speak, 1 by default. Raised where an earlier version would take the
   * words of this one for something else.
   */
  readonly talks?: number;
  readonly info?: JsonObject;
  /** How long to wait for an owner that does not listen yet; 10 000 by default. */
  readonly joinTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface JoinedMembership {
  readonly role: "joined";
  /** The owner's. */
  readonly fence: number;
  readonly owner: OwnerRecord;
  /** Ends when the owner does; then call `ownFolder` again. */
  readonly socket: Socket;
  close(): Promise<void>;
}

export type Membership = OwnerMembership | JoinedMembership;

export const JOIN_TIMEOUT_MS = 10_000;

/**
 * Makes this process the one owner of a data folder, or joins the process that is. An owner stays one
 * until it closes or dies, however slow or stopped it is. Listening keeps no process alive; open sockets do.
 *
 * Throws `unavailable` where the folder is owned by a process that does not answer, `unsupported` where by one of a
 * version that speaks another language: nothing is done to the folder then.
 */
export async function ownFolder(options: OwnFolderOptions): Promise<Membership> {
  const clock = options.clock ?? systemClock;
  const folder = prepareFolder(options.path);
  const deadline = clock.now() + (options.joinTimeoutMs ?? JOIN_TIMEOUT_MS);
  for (let attempt = 0; ; attempt += 1) {
    throwIfCancelled(options.signal, folder);
    const record = readOwnerRecord(folder);
    if (record) requireSameTalk(record, options, folder);
    const socket =
      record &&
      (await greetedBy(record.address, {
        ms: deadline - clock.now(),
        clock,
        signal: options.signal,
      }));
    if (record && socket) return joinedMembership(record, socket);
    const lock = takeFolderLock(folder, record?.fence ?? 0);
    if (lock) return becomeOwner({ ...options, folder, lock, clock });
    if (clock.now() >= deadline) throw notAnswering(folder);
    await pause(retryDelay(attempt), undefined, pauseOptions(options.signal)).catch(() => {});
  }
}

/** Who owns the folder now; undefined where nobody does. */
export function readOwner(path: string): OwnerRecord | undefined {
  return isFolderLocked(path) ? readOwnerRecord(path) : undefined;
}

/** An owner that died speaks no more: its record is only what it left. */
function requireSameTalk(
  { pid, talks = 1 }: OwnerRecord,
  { talks: ours = 1 }: OwnFolderOptions,
  folder: string,
): void {
  if (talks === ours || !isFolderLocked(folder)) return;
  const age = talks > ours ? "a newer" : "an older";
  throw new TrestleError(
    "unsupported",
    `${folder} is owned by process ${pid} of ${age} version, which this one does not understand. ` +
      "End that process (`trestle stop` where it is a bridge), or use its version; its data stays.",
    { details: { folder, pid, talks, ours } },
  );
}

function joinedMembership(owner: OwnerRecord, socket: Socket): JoinedMembership {
  return {
    role: "joined",
    fence: owner.fence,
    owner,
    socket,
    async close() {
      socket.destroy();
    },
  };
}

/**
 * Connects, and waits to be greeted: the kernel also accepts connections for a process that is stopped,
 * or that was killed a moment ago.
 */
function greetedBy(address: string, { ms, clock, signal }: Patience): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const giveUp = (): void => {
      cancel();
      signal?.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(undefined);
    };
    const cancel = clock.after(Math.max(0, ms), giveUp);
    socket.on("error", giveUp); // stays, so that a reset later is not uncaught
    socket.once("close", giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    socket.once("readable", () => {
      if (socket.read(GREETING.length) === null) return giveUp();
      cancel();
      signal?.removeEventListener("abort", giveUp);
      socket.off("close", giveUp);
      resolve(socket);
    });
  });
}

interface Patience {
  readonly ms: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

function prepareFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return realpathSync(path);
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `Cannot use ${path} as a data folder: ${messageOf(error)}. Choose a folder that you can write to.`,
      { cause: error },
    );
  }
}

/** Small at first, as an owner needs milliseconds to listen; different between processes that race. */
function retryDelay(attempt: number): number {
  return Math.min(4 * 1.5 ** attempt, 100) + (process.pid % 10);
}

function pauseOptions(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function throwIfCancelled(signal: AbortSignal | undefined, folder: string): void {
  if (signal?.aborted) throw new TrestleError("cancelled", `Opening ${folder} was cancelled.`);
}

export function notAnswering(folder: string): TrestleError {
  const pid = readOwnerRecord(folder)?.pid;
  const owner = pid === undefined ? "another process" : `process ${pid}`;
  return new TrestleError(
    "unavailable",
    `${folder} is owned by ${owner}, which does not answer. ` +
      "Wait for it, or end that process and try again; its data stays.",
    { details: pid === undefined ? { folder } : { folder, pid } },
  );
}
