import { setTimeout as pause } from "node:timers/promises";
import { isTrestleError, TrestleError } from "@trestle/protocol";
import { createBatches } from "../../runs/batches.ts";
import type { Postgres, Query } from "../../runs/postgres/postgres.ts";
import type { Held, SharedSwarms, SwarmStore } from "../swarm-store.ts";
import { insertSwarm, listSwarms, selectSwarm, updateSwarm } from "./swarm-rows.ts";
import { isWatcher, unwatchSwarms, watchSwarms } from "./watch-rows.ts";

export interface PostgresSwarmStoreOptions {
  /** Its tables stand in the schema `trestle`. It is closed with the store. */
  readonly postgres: Postgres;
  /** The name of this process among those that watch: nobody else has it, also not after it. */
  readonly watcher: string;
  /** How long a process may hold a swarm in the middle of a decision before it is taken for stopped; 3 s by default. */
  readonly heldMs?: number;
}

const HELD_MS = 3_000;
/** How long the turn of another is waited for. */
const WAIT_MS = 20_000;
const TRIES = 3;
const ASKS = 20;
const ASK_AGAIN_MS = 100;
const CHANNEL = "trestle_swarms";

/** Swarms in a Postgres that any number of processes work on. */
export function createPostgresSwarmStore(options: PostgresSwarmStoreOptions): SwarmStore {
  const { postgres } = options;
  const { query } = postgres;
  const shared = createShared(options);
  const last = new Map<string, Promise<unknown>>();

  /** Transactions have no order among them but that in which they begin. */
  function inOrder(id: string, work: () => Promise<void>): Promise<void> {
    const mine = (last.get(id) ?? Promise.resolve()).then(work, work);
    last.set(id, mine);
    const forget = () => {
      if (last.get(id) === mine) last.delete(id);
    };
    mine.then(forget, forget);
    return mine;
  }

  return {
    shared,
    create: (swarm, changes) => insertSwarm(query, swarm, changes),
    commit: (id, commit) => inOrder(id, () => shared.alone(id, (held) => held.commit(id, commit))),
    load: (id, since = 0) => selectSwarm(query, id, since),
    list: (filter) => listSwarms(query, filter),
    async remove(id) {
      const removed = await query("DELETE FROM trestle.swarm WHERE id = $1 RETURNING id", [id]);
      return removed.length > 0;
    },
    close: () => postgres.close(),
  };
}

function createShared(options: PostgresSwarmStoreOptions): SharedSwarms {
  const { postgres, watcher, heldMs = HELD_MS } = options;
  const { query } = postgres;
  const send = createBatches<string>(async (batch) => {
    const payloads = [...new Set(batch)];
    await query(`SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`, [
      payloads,
    ]).catch(() => {});
  }, 1_000);

  /** Did what was sent, and not answered, come to be? */
  async function cameToBe(transaction: string): Promise<boolean> {
    for (let asks = 1; asks <= ASKS; asks += 1) {
      const status = await statusOf(transaction);
      if (status === "committed" || status === "aborted") return status === "committed";
      // Its session does not know yet that nobody is at the other end, or the database is on its way up.
      await pause(ASK_AGAIN_MS);
    }
    throw new TrestleError(
      "outcome_unknown",
      "Postgres does not say whether this was stored: look with heartbeat or get_results before you ask again",
    );
  }

  async function statusOf(transaction: string): Promise<string | undefined> {
    const sql = "SELECT pg_xact_status($1::text::xid8) AS status";
    const rows = await query<{ status: string }>(sql, [transaction]).catch(() => []);
    return rows[0]?.status;
  }

  return {
    async alone(id, work) {
      for (let tries = 1; ; tries += 1) {
        let transaction: string | undefined;
        try {
          await postgres.transaction(async (inside) => {
            transaction = undefined;
            await inside(lockSql, [id, `${heldMs}ms`, `${WAIT_MS}ms`]);
            await work(heldIn(inside));
          });
          return;
        } catch (error) {
          if (!isUnavailable(error)) throw error;
          if (transaction !== undefined && (await cameToBe(transaction))) return;
          if (tries >= TRIES) throw error;
        }

        function heldIn(inside: Query): Held {
          return {
            load: (swarm, since = 0) => selectSwarm(inside, swarm, since),
            async commit(swarm, commit) {
              transaction = await updateSwarm(inside, swarm, commit);
            },
            isWatching: (swarm) => isWatcher(inside, watcher, swarm),
          };
        }
      }
    },
    tell: (id, version) => send(version === undefined ? id : `${id} ${version}`),
    listen: (hear) =>
      postgres.listen(CHANNEL, (payload) => {
        const [id = "", version] = payload.split(" ");
        hear(id, version === undefined ? undefined : Number(version));
      }),
    async versions(ids) {
      const rows = await query<{ id: string; version: string }>(
        "SELECT id, version FROM trestle.swarm WHERE id = ANY ($1::text[])",
        [ids],
      );
      return new Map(rows.map(({ id, version }) => [id, Number(version)]));
    },
    watch: (ms) => watchSwarms(query, watcher, ms),
    unwatch: () => unwatchSwarms(query, watcher),
  };
}

/**
 * Those who wait are served in their order. A session that does nothing for too long is ended by the server, so that a
 * process that is stopped keeps nobody waiting; both settings hold for this transaction alone.
 */
const lockSql = `
  SELECT set_config('idle_in_transaction_session_timeout', $2, true), set_config('lock_timeout', $3, true),
    pg_advisory_xact_lock(hashtextextended('trestle.swarm ' || $1, 0))`;

function isUnavailable(error: unknown): boolean {
  return isTrestleError(error) && error.code === "unavailable";
}
