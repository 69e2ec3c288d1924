import { randomUUID } from "node:crypto";
import type { Clock, Logger } from "@trestle/protocol";
import { openPostgres } from "../../runs/postgres/postgres.ts";
import { openDatabaseClock } from "../../workers/database-clock.ts";
import type { SwarmStore } from "../swarm-store.ts";
import { createPostgresSwarmStore } from "./postgres-swarm-store.ts";

export interface PostgresSwarmsOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly heldMs?: number;
}

export interface PostgresSwarms {
  readonly store: SwarmStore;
  /** What is spent, and for how long, is counted by the database's clock, whatever the machines believe. */
  readonly clock: Clock;
  /** The store is closed on its own. */
  close(): void;
}

/** Each that waits for its turn in a swarm waits on a connection. */
const CONNECTIONS = 8;

/** This process as one of many that share the swarms of one database. */
export async function openPostgresSwarms(options: PostgresSwarmsOptions): Promise<PostgresSwarms> {
  const { url, log, heldMs } = options;
  const postgres = await openPostgres({ url, log, maxConnections: CONNECTIONS });
  try {
    // What this machine believes of the time may jump, and is not asked for.
    const local = { now: () => performance.now(), after: options.clock.after };
    const clock = await openDatabaseClock(postgres, local, log);
    const watcher = randomUUID();
    const held = heldMs === undefined ? {} : { heldMs };
    const store = createPostgresSwarmStore({ postgres, watcher, ...held });
    return { store, clock, close: clock.close };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}
