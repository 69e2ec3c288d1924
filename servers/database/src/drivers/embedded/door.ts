import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import { ownFolder } from "@trestle/store";
import { createEngine } from "./engine.ts";
import { createWireServer } from "./wire-server.ts";

export interface DoorOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The way into a database folder: whoever comes first serves it, and the others, from other processes too, come in by it. */
export interface Door {
  /** A connection that speaks Postgres' protocol. Throws `unavailable` where the folder's owner does not answer. */
  enter(): Promise<Duplex>;
  close(graceMs: number): Promise<void>;
}

interface Owned {
  enter(): Duplex;
  close(graceMs: number): Promise<void>;
}

/** Cheap: nothing is read or made before the first connection. */
export function createDoor({ dataDir, clock, log }: DoorOptions): Door {
  let owned: Owned | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const stop = new AbortController();

  /** One at a time, so that the process that becomes the owner does not also join itself. */
  function enter(): Promise<Duplex> {
    const entered = turn.then(async () => owned?.enter() ?? (await ownOrJoin()));
    turn = entered.catch(() => {});
    return entered;
  }

  async function ownOrJoin(): Promise<Duplex> {
    if (stop.signal.aborted) throw new TrestleError("unavailable", "The database is closed.");
    const parts = createParts();
    const membership = await ownFolder({
      path: dataDir,
      onJoin: (socket) => parts.server.serve(socket),
      signal: stop.signal,
      clock,
    });
    if (membership.role === "joined") return membership.socket;
    log.debug("owns the database folder", { dataDir });
    owned = {
      enter() {
        const [ours, theirs] = duplexPair();
        parts.server.serve(theirs);
        return ours;
      },
      async close(graceMs) {
        await parts.server.close(graceMs);
        await parts.engine.close();
        await membership.close();
      },
    };
    return owned.enter();
  }

  function createParts() {
    const engine = createEngine({ path: join(dataDir, "postgres"), clock, log });
    return { engine, server: createWireServer({ engine, clock, log }) };
  }

  async function close(graceMs: number): Promise<void> {
    stop.abort();
    await turn;
    await owned?.close(graceMs);
  }

  return { enter, close };
}
