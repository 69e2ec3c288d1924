import type { Database } from "../postgres/database.ts";
import type { ConnectionResolver, ConnectionTarget } from "./connections.ts";

/** Databases on branches of Neon, for calls that name one. */
export interface BranchDatabases {
  /** Throws as the resolver does. Whoever asks does not close what it gets. */
  databaseFor(target: ConnectionTarget, signal?: AbortSignal): Promise<Database>;
  close(): Promise<void>;
}

const MOST_KEPT = 20;

/**
 * Keeps each database open for the next call. An unused one holds no connection, as its pool lets go of
 * them by itself.
 */
export function createBranchDatabases(
  connections: ConnectionResolver,
  open: (url: string) => Database,
): BranchDatabases {
  const kept = new Map<string, Database>();

  function keep(url: string): Database {
    const database = kept.get(url) ?? open(url);
    // The one that was used last stands last.
    kept.delete(url);
    kept.set(url, database);
    const [oldest] = kept;
    if (kept.size > MOST_KEPT && oldest) {
      kept.delete(oldest[0]);
      void oldest[1].close();
    }
    return database;
  }

  return {
    async databaseFor(target, signal = new AbortController().signal) {
      const { url } = await connections.databaseFor(target, signal);
      return keep(url);
    },
    async close() {
      await Promise.all([...kept.values()].map((database) => database.close()));
    },
  };
}
