import { join } from "node:path";
import { openTurns } from "@trestle/store";
import type { ReplicaStore } from "./replica-store.ts";
import { createSqlReplicaStore, REPLICA_SCHEMA, type ReplicaRow } from "./sql-replica-store.ts";

/** Copies in a file of this machine. */
export function openLocalReplicaStore(folder: string): ReplicaStore {
  const turns = openTurns({
    file: join(folder, "replicas.db"),
    migrations: [{ name: "replicas", sql: REPLICA_SCHEMA.join(";\n") }],
    durability: "full",
  });
  return createSqlReplicaStore({
    all: async (text, ...values) => turns.run(text, ...values) as readonly ReplicaRow[],
    close: async () => turns.close(),
  });
}

const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;

/** Copies in Postgres, in tables of their own. The driver is loaded with the first use. */
export async function openPostgresReplicaStore(url: string): Promise<ReplicaStore> {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
  });
  // One that breaks while nobody uses it is replaced by the next use.
  pool.on("error", () => {});
  for (const statement of REPLICA_SCHEMA) await pool.query(statement);
  return createSqlReplicaStore({
    async all(text, ...values) {
      let count = 0;
      const numbered = text.replaceAll("?", () => `$${++count}`);
      return (await pool.query(numbered, [...values])).rows;
    },
    close: () => pool.end(),
  });
}
