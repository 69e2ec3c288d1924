import type { Socket } from "node:net";
import { join } from "node:path";
import type { Clock, Logger } from "@trestle/protocol";
import { type JoinedMembership, type OwnerMembership, ownFolder, readOwner } from "@trestle/store";
import { type Bridge, createBridge } from "./bridge.ts";
import type { Config } from "./config/load.ts";
import { createInbound, type Inbound } from "./inbound/owner.ts";
import { startReloading } from "./reload.ts";

/** One home has one bridge: the first process owns it, the others join it. */

export interface HomeParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** The words that start this program again, for what hosts are told. */
  readonly command?: readonly string[];
  /** Of this process, for `trestle status`. */
  readonly pid: number;
  readonly logFile: string;
  /** Tells a person. */
  readonly print: (text: string) => void;
  /** Calls the listener at each SIGHUP; returns the function that ends that. */
  readonly onHangup: (listener: () => void) => () => void;
}

/** This process is the bridge of its home. */
export interface OwnedBridge {
  readonly role: "owner";
  readonly bridge: Bridge;
  readonly inbound: Inbound;
  /** Resolves when somebody asked the bridge to stop. */
  readonly stopAsked: Promise<void>;
  close(): Promise<void>;
}

/** The language of `inbound/control.ts`: another number means that bridges of two versions cannot talk. */
const TALKS = 1;

export type Entered = OwnedBridge | JoinedMembership;

export function bridgeFolder(home: string): string {
  return join(home, "bridge");
}

/** Becomes the bridge of the home, or joins the one that runs. */
export async function enterHome(parts: HomeParts): Promise<Entered> {
  const path = bridgeFolder(parts.config.home);
  const joined: Socket[] = [];
  let admit = (socket: Socket): void => void joined.push(socket);
  const membership = await ownFolder({
    path,
    clock: parts.clock,
    talks: TALKS,
    info: { version: parts.version },
    onJoin: (socket) => admit(socket),
  });
  if (membership.role === "joined") return membership;
  const owned = await openOwned(membership, parts);
  // Whoever joined while the bridge was being opened has waited.
  admit = owned.inbound.admit;
  for (const socket of joined) owned.inbound.admit(socket);
  return owned;
}

async function openOwned(membership: OwnerMembership, parts: HomeParts): Promise<OwnedBridge> {
  const { config, log, clock, pid, logFile } = parts;
  const stop = Promise.withResolvers<void>();
  try {
    const bridge = await createBridge(config, parts);
    const reloading = startReloading({ ...parts, bridge });
    const inbound = createInbound({
      bridge,
      config,
      log,
      clock,
      facts: {
        version: parts.version,
        pid,
        home: config.home,
        logFile,
        get problems() {
          return reloading.current().problems as never;
        },
      },
      onStop: () => stop.resolve(),
      onListening: (url) =>
        membership.updateInfo({ version: parts.version, ...(url === undefined ? {} : { url }) }),
    });
    return {
      role: "owner",
      bridge,
      inbound,
      stopAsked: stop.promise,
      async close() {
        reloading.close();
        await inbound.leave();
        await bridge.drain();
        // The answers of the last calls are on their way for one more turn.
        await new Promise((resolve) => setImmediate(resolve));
        await Promise.all([inbound.close(), bridge.close()]);
        await inbound.sayFarewell();
        await membership.close();
      },
    };
  } catch (error) {
    await membership.close();
    throw error;
  }
}

/** Joins the bridge that runs in a home; nothing where none does. */
export async function joinBridge(home: string): Promise<JoinedMembership | undefined> {
  const path = bridgeFolder(home);
  if (!readOwner(path)) return undefined;
  const entered = await ownFolder({ path, talks: TALKS, onJoin: (socket) => socket.destroy() });
  if (entered.role === "joined") return entered;
  // It ended by itself between the two looks.
  await entered.close();
  return undefined;
}
