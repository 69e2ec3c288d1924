import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Host } from "@trestle/protocol";
import { type Migration, openSqlite, type Row, type Sqlite } from "@trestle/store";
import { createPresence, type Presence } from "./presence.ts";

/** One write, named by its caller. */
export interface WriteCall {
  readonly key: string;
  readonly principal: string;
  /** Of the tool. */
  readonly name: string;
  readonly argumentsDigest: string;
}

/** `lost`: begun by a process that is gone, so nobody knows what came of it. */
export type LedgerRow = { readonly tool: string; readonly digest: string } & (
  | { readonly state: "running" }
  | { readonly state: "lost" }
  | { readonly state: "finished"; readonly result: string }
);

/** Which writes were begun and what came of them; one file, any number of processes. */
export interface Ledger {
  /** Undefined: the call is now ours to run, durably. Else what is known of an earlier one. */
  begin(call: WriteCall): Promise<LedgerRow | undefined>;
  finish(call: WriteCall, result: string): Promise<void>;
  forget(call: WriteCall): Promise<void>;
  close(): Promise<void>;
}

const KEPT_MS = 24 * 60 * 60_000;

const migrations: readonly Migration[] = [
  {
    name: "writes and who does them",
    sql: `
      CREATE TABLE process (
        id TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, began REAL NOT NULL,
        seen_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE write_call (
        principal TEXT NOT NULL, key TEXT NOT NULL, tool TEXT NOT NULL, digest TEXT NOT NULL,
        process TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER, result TEXT,
        PRIMARY KEY (principal, key)
      ) STRICT;
      CREATE INDEX write_call_age ON write_call (coalesce(finished_at, started_at));
    `,
  },
];

export async function openLedger(host: Pick<Host, "dataDir" | "clock" | "log">): Promise<Ledger> {
  const { clock, log } = host;
  const file = join(host.dataDir, "idempotency.db");
  const database = await openSqlite({ file, migrations, clock, log });
  const self = {
    id: randomUUID(),
    pid: process.pid,
    host: hostname(),
    began: performance.timeOrigin,
  };
  const presence = createPresence(database, { self, clock });
  /** What this very process is doing now; a row of ours that is not here was never begun or never recorded. */
  const running = new Set<string>();

  return {
    async begin(call) {
      const now = clock.now();
      await dropOld(database, now);
      const [inserted] = await database.write([
        {
          sql: `INSERT INTO write_call (principal, key, tool, digest, process, started_at)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          params: [call.principal, call.key, call.name, call.argumentsDigest, self.id, now],
        },
        presence.beat(),
      ]);
      if (inserted?.changes !== 1) return findEarlier(database, call, { presence, running, self });
      running.add(nameOf(call));
      presence.busy(running.size);
      return undefined;
    },
    async finish(call, result) {
      await end(call, {
        sql: `UPDATE write_call SET result = ?, finished_at = ?
              WHERE principal = ? AND key = ? AND process = ?`,
        params: [result, clock.now(), call.principal, call.key, self.id],
      });
    },
    async forget(call) {
      await end(call, {
        sql: "DELETE FROM write_call WHERE principal = ? AND key = ? AND process = ?",
        params: [call.principal, call.key, self.id],
      });
    },
    async close() {
      presence.busy(0);
      await database.close();
    },
  };

  async function end(call: WriteCall, statement: Parameters<Sqlite["write"]>[0][number]) {
    try {
      await database.write([statement]);
    } finally {
      running.delete(nameOf(call));
      presence.busy(running.size);
    }
  }
}

/** Looks before it writes: on most calls there is nothing old. */
async function dropOld(database: Sqlite, now: number): Promise<void> {
  const old = "coalesce(finished_at, started_at) < ?";
  const params = [now - KEPT_MS];
  const [found] = database.read(`SELECT 1 FROM write_call WHERE ${old} LIMIT 1`, params);
  if (found === undefined) return;
  await database.write([
    { sql: `DELETE FROM write_call WHERE ${old}`, params },
    { sql: "DELETE FROM process WHERE seen_at < ?", params },
  ]);
}

function findEarlier(
  database: Sqlite,
  call: WriteCall,
  who: { presence: Presence; running: ReadonlySet<string>; self: { id: string } },
): LedgerRow | undefined {
  const [row] = database.read(
    "SELECT tool, digest, process, result FROM write_call WHERE principal = ? AND key = ?",
    [call.principal, call.key],
  );
  // Forgotten between our two looks, because it may run again: the caller asks again.
  if (row === undefined) return { tool: call.name, digest: call.argumentsDigest, state: "running" };
  const { tool, digest } = row as { tool: string; digest: string };
  if (typeof row.result === "string")
    return { tool, digest, state: "finished", result: row.result };
  return { tool, digest, state: isRunning(row, call, who) ? "running" : "lost" };
}

function isRunning(
  row: Row,
  call: WriteCall,
  who: { presence: Presence; running: ReadonlySet<string>; self: { id: string } },
): boolean {
  if (row.process === who.self.id) return who.running.has(nameOf(call));
  return who.presence.isAlive(String(row.process));
}

function nameOf(call: WriteCall): string {
  return JSON.stringify([call.principal, call.key]);
}
