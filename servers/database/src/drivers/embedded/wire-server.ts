import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Clock, Logger } from "@trestle/protocol";
import type { Engine } from "./engine.ts";
import { createLeases } from "./leases.ts";
import { createWireSession, type WireSession } from "./wire-session.ts";

export interface WireServer {
  /** Speaks Postgres' protocol with whoever is at the other end, until that ends. */
  serve(stream: Duplex): void;
  /** Lets the work that runs finish for a while, and begins none. */
  close(graceMs: number): Promise<void>;
}

export interface WireServerOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Shares the one session of an engine among any number of connections. */
export function createWireServer({ engine, clock, log }: WireServerOptions): WireServer {
  const sessions = new Map<number, WireSession>();
  const leases = createLeases(() => {
    if (!closing) void engine.rest().catch((error) => log.warn("engine did not rest", { error }));
  });
  let closing = false;
  let lastId = 0;

  function serve(stream: Duplex): void {
    lastId += 1;
    const id = lastId;
    const session = createWireSession({
      id,
      secretKey: randomInt(1, 2 ** 31),
      stream,
      engine,
      leases,
      clock,
      log,
      cancel: (processId, secretKey) => {
        const target = sessions.get(processId);
        if (target?.secretKey === secretKey) target.cancel();
      },
    });
    sessions.set(id, session);
    void session.ended.then(() => sessions.delete(id));
    if (closing) void session.leave();
  }

  async function close(graceMs: number): Promise<void> {
    closing = true;
    const late = Promise.withResolvers<void>();
    const cancelTimer = clock.after(graceMs, late.resolve);
    const leaving = [...sessions.values()].map((session) => session.leave());
    await Promise.race([Promise.all(leaving), late.promise]);
    cancelTimer();
    for (const session of sessions.values()) session.end();
  }

  return { serve, close };
}
