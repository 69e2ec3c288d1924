import { chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { type Clock, type JsonObject, messageOf, TrestleError } from "@trestle/protocol";
import type { FolderLock } from "./folder-lock.ts";
import { clearStaleSockets, ownerAddress } from "./owner-address.ts";
import { removeOwnerRecord, writeOwnerRecord } from "./owner-record.ts";
import { GREETING } from "./share-wire.ts";

export interface OwnerMembership {
  readonly role: "owner";
  readonly fence: number;
  /** Rewrites what `owner.json` tells others. */
  updateInfo(info: JsonObject): void;
  /** Ends the joiners' sockets, then gives the folder away. */
  close(): Promise<void>;
}

export interface Ownership {
  readonly folder: string;
  readonly lock: FolderLock;
  readonly clock: Clock;
  readonly onJoin: (socket: Socket) => void;
  readonly talks?: number;
  readonly info?: JsonObject;
}

/** Opens the door of a folder whose lock this process holds. */
export async function becomeOwner(ownership: Ownership): Promise<OwnerMembership> {
  const { folder, lock, clock, onJoin, talks = 1 } = ownership;
  const { fence } = lock;
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  try {
    // First of all: whoever reads it from now on would be led to a dead process.
    removeOwnerRecord(folder);
    const address = ownerAddress(folder, fence);
    clearStaleSockets(address);
    const listening = await listen(address, (socket) => admit(socket, sockets, onJoin));
    server = listening;
    const record = { pid: process.pid, startedAt: clock.now(), fence, address, talks };
    const updateInfo = (info: JsonObject | undefined): void =>
      writeOwnerRecord(folder, info ? { ...record, info } : record);
    updateInfo(ownership.info);
    let closed: Promise<void> | undefined;
    const close = () => (closed ??= giveAway({ folder, lock, server: listening, sockets }));
    return { role: "owner", fence, updateInfo, close };
  } catch (error) {
    server?.close();
    lock.release();
    throw error;
  }
}

function admit(socket: Socket, sockets: Set<Socket>, onJoin: (socket: Socket) => void): void {
  socket.on("error", () => {}); // the close that follows says enough
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  socket.write(GREETING);
  onJoin(socket);
}

async function listen(address: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new TrestleError(
          "unavailable",
          `Cannot listen at ${address}: ${messageOf(error)}. Check the folder's permissions.`,
          { cause: error },
        ),
      ),
    );
    server.listen(address, resolve);
  });
  server.on("error", () => {});
  server.unref();
  /* v8 ignore else -- measured where sockets have modes */
  if (process.platform !== "win32") chmodSync(address, 0o600);
  return server;
}

interface Holdings {
  readonly folder: string;
  readonly lock: FolderLock;
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
}

/** The lock goes last: until then nobody else may begin. */
async function giveAway({ folder, lock, server, sockets }: Holdings): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
  removeOwnerRecord(folder);
  lock.release();
}
