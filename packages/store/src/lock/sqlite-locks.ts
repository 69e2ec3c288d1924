import { type Clock, systemClock } from "@trestle/protocol";
import type { Sqlite } from "../sqlite.ts";
import type { SqlStatement } from "../sqlite-statement.ts";
import type { Acquisition, Lease, LeaseRequest, Locks } from "./locks.ts";

export interface SqliteLocksOptions {
  /** Opened with `portMigrations`; with durability `full` where fences are remembered on other machines. */
  readonly sqlite: Sqlite;
  readonly clock?: Clock;
}

/**
 * Leases in a SQLite file, for all processes that have it open. Their clocks are one machine's. Times
 * are taken before the write waits its turn: a lease is never thought longer by its holder than by others.
 */
export function createSqliteLocks({ sqlite, clock = systemClock }: SqliteLocksOptions): Locks {
  async function acquire(name: string, request: LeaseRequest): Promise<Acquisition> {
    const { holder, ttlMs } = request;
    const now = clock.now();
    const expiresAt = now + ttlMs;
    const [, , taken, held] = await sqlite.write([
      nextFence,
      { sql: "DELETE FROM lock_lease WHERE until <= ?", params: [now] },
      { sql: take, params: { name, holder, until: expiresAt } },
      { sql: "SELECT holder, until FROM lock_lease WHERE name = ?", params: [name] },
    ]);
    const fence = taken?.rows[0]?.fence;
    if (fence !== undefined) {
      return { kind: "acquired", lease: { name, holder, fence: Number(fence), expiresAt } };
    }
    const other = held?.rows[0];
    return { kind: "busy", holder: String(other?.holder), until: Number(other?.until) };
  }

  async function renew(lease: Lease, ttlMs: number): Promise<Lease | undefined> {
    const { name, fence } = lease;
    const now = clock.now();
    const expiresAt = now + ttlMs;
    const params = { name, fence, now, until: expiresAt };
    const [, renewed] = await sqlite.write([nextFence, { sql: prolong, params }]);
    const row = renewed?.rows[0];
    return row && { ...lease, fence: Number(row.fence), expiresAt };
  }

  async function release({ name, fence }: Lease): Promise<boolean> {
    const sql = "DELETE FROM lock_lease WHERE name = ? AND fence = ? AND until > ?";
    const [released] = await sqlite.write([{ sql, params: [name, fence, clock.now()] }]);
    return released?.changes === 1;
  }

  return { acquire, renew, release };
}

/** Taken first, also by who then gets nothing: fences have gaps. */
const nextFence: SqlStatement = { sql: "UPDATE lock_fence SET last = last + 1" };

const take = `
  INSERT INTO lock_lease (name, holder, fence, until)
  SELECT :name, :holder, last, :until FROM lock_fence WHERE true
  ON CONFLICT (name) DO UPDATE SET fence = excluded.fence, until = excluded.until
    WHERE holder = excluded.holder
  RETURNING fence`;

const prolong = `
  UPDATE lock_lease SET until = :until, fence = (SELECT last FROM lock_fence)
  WHERE name = :name AND fence = :fence AND until > :now
  RETURNING fence`;
