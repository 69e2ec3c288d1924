import { type Clock, systemClock } from "@trestle/protocol";
import type { Sqlite } from "../sqlite.ts";
import type { SqlStatement, SqlValue } from "../sqlite-statement.ts";
import {
  type Cache,
  type CacheAddress,
  type CacheBounds,
  type CacheFill,
  type CacheLookup,
  type CacheSelection,
  type CacheStats,
  DEFAULT_CACHE_BOUNDS,
  sizeOf,
} from "./cache.ts";

export interface SqliteCacheOptions {
  /** Opened with `portMigrations`. */
  readonly sqlite: Sqlite;
  readonly bounds?: CacheBounds;
  readonly clock?: Clock;
}

/** An entry's last use is written no more often than this; so exact is the order of eviction. */
const TOUCH_AFTER_MS = 60_000;
/** Eviction leaves this much, so that it is rare. */
const KEPT_SHARE = 0.9;
/** Of the entries, at once; a small cache is not emptied by one step. */
const EVICT_SHARE = 0.02;
const DELETE_BATCH = 500;

/**
 * A cache in a SQLite file, for all processes that have it open. There is no memory in front: a look
 * costs some ten microseconds, and whatever another process bumped is gone here at the same moment.
 */
export function createSqliteCache(options: SqliteCacheOptions): Cache {
  const { sqlite, bounds = DEFAULT_CACHE_BOUNDS, clock = systemClock } = options;
  let evicting: Promise<void> | undefined;

  async function get(address: CacheAddress): Promise<CacheLookup> {
    const now = clock.now();
    const { scope, group, key } = address;
    const [row] = sqlite.read(lookUp, { scope, group, key, now });
    const generation = Number(row?.generation);
    if (row?.id == null) return { kind: "miss", generation };
    if (now - Number(row.used_at) >= TOUCH_AFTER_MS) sqlite.append(touch(row.id, now));
    return {
      kind: "hit",
      value: row.value as string | Uint8Array,
      storedAt: Number(row.stored_at),
      stale: now >= Number(row.stale_at),
      generation,
    };
  }

  async function set(address: CacheAddress, fill: CacheFill): Promise<boolean> {
    const { value, ttlMs, staleMs = 0 } = fill;
    const bytes = sizeOf(address, value);
    if (bytes > bounds.maxBytes) return false;
    const now = clock.now();
    const { scope, group, key } = address;
    const params = {
      scope,
      group,
      key,
      value,
      bytes,
      now,
      stale_at: now + ttlMs,
      gone_at: now + ttlMs + staleMs,
      expected: fill.generation ?? null,
    };
    const [stored] = await sqlite.write([{ sql: store, params }]);
    // Several fills may find the cache full; one at a time makes room for all.
    while (isOver()) {
      evicting ??= makeRoom().finally(() => {
        evicting = undefined;
      });
      await evicting;
    }
    return stored?.changes === 1;
  }

  function isOver(share = 1): boolean {
    const { entries, bytes } = readStats({});
    return entries > bounds.maxEntries * share || bytes > bounds.maxBytes * share;
  }

  /** In parts, so that others write in between. */
  async function makeRoom(): Promise<void> {
    while (isOver(KEPT_SHARE)) {
      const some = Math.ceil(readStats({}).entries * EVICT_SHARE);
      const batch = Math.min(some, DELETE_BATCH);
      const params = [clock.now(), batch];
      const [expired] = await sqlite.write([{ sql: deleteExpired, params }]);
      if (expired?.changes === batch) continue;
      await sqlite.write([{ sql: deleteLeastUsed, params: [batch] }]);
    }
  }

  function readStats(selection: CacheSelection): CacheStats {
    const { where, params } = condition(selection);
    const sql = selection.scope === undefined ? readTotal : `${countEntries} ${where}`;
    const [row] = sqlite.read(sql, params);
    return { entries: Number(row?.entries), bytes: Number(row?.bytes) };
  }

  return {
    get,
    set,
    async delete({ scope, group, key }) {
      const sql = "DELETE FROM cache_entry WHERE scope = ? AND grouping = ? AND key = ?";
      const [deleted] = await sqlite.write([{ sql, params: [scope, group, key] }]);
      return deleted?.changes === 1;
    },
    async bump(selection) {
      await sqlite.write([raise(selection)]);
      // They count no more from here on. Whatever stays now makes room when that is needed.
      deleteOutdated(sqlite, selection).catch(() => {});
    },
    async clear(selection) {
      await sqlite.write([raise(selection)]);
      return deleteOutdated(sqlite, selection);
    },
    async stats(selection) {
      return readStats(selection);
    },
  };
}

/** Each part only ever grows: the sum is the same again only where none of them changed. */
const generationOf = (scope: string, group: string): string =>
  `(SELECT coalesce(sum(value), 0) FROM cache_generation
    WHERE (scope = '' AND grouping = '') OR (scope = ${scope} AND grouping IN ('', ${group})))`;

const lookUp = `
  SELECT now.generation, entry.id, value, stored_at, stale_at, used_at
  FROM (SELECT ${generationOf(":scope", ":group")} AS generation) AS now
  LEFT JOIN cache_entry AS entry ON scope = :scope AND grouping = :group AND key = :key
    AND entry.generation = now.generation AND gone_at > :now`;

const store = `
  INSERT INTO cache_entry
    (scope, grouping, key, value, bytes, generation, stored_at, stale_at, gone_at, used_at)
  SELECT :scope, :group, :key, :value, :bytes, generation, :now, :stale_at, :gone_at, :now
  FROM (SELECT ${generationOf(":scope", ":group")} AS generation)
  WHERE :expected IS NULL OR :expected = generation
  ON CONFLICT (scope, grouping, key) DO UPDATE SET
    value = excluded.value, bytes = excluded.bytes, generation = excluded.generation,
    stored_at = excluded.stored_at, stale_at = excluded.stale_at, gone_at = excluded.gone_at,
    used_at = excluded.used_at`;

const readTotal = "SELECT entries, bytes FROM cache_total";
const countEntries =
  "SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes FROM cache_entry";

const deleteExpired = `
  DELETE FROM cache_entry WHERE id IN (
    SELECT id FROM cache_entry WHERE gone_at <= ? ORDER BY gone_at LIMIT ?)`;

const deleteLeastUsed = `
  DELETE FROM cache_entry WHERE id IN (
    SELECT id FROM cache_entry ORDER BY used_at, id LIMIT ?)`;

function touch(id: SqlValue, now: number): SqlStatement {
  return { sql: "UPDATE cache_entry SET used_at = ? WHERE id = ?", params: [now, id] };
}

function raise({ scope = "", group = "" }: { scope?: string; group?: string }): SqlStatement {
  const sql = `INSERT INTO cache_generation VALUES (?, ?, 1)
    ON CONFLICT (scope, grouping) DO UPDATE SET value = value + 1`;
  return { sql, params: [scope, group] };
}

/** In parts, so that others write in between. Leaves alone what a later generation has stored. */
async function deleteOutdated(sqlite: Sqlite, selection: CacheSelection): Promise<number> {
  const { where, params } = condition(selection);
  const outdated = `generation < ${generationOf("cache_entry.scope", "cache_entry.grouping")}`;
  const sql = `DELETE FROM cache_entry WHERE id IN (
    SELECT id FROM cache_entry ${where ? `${where} AND` : "WHERE"} ${outdated} LIMIT ?)`;
  for (let sum = 0; ; ) {
    const [deleted] = await sqlite.write([{ sql, params: [...params, DELETE_BATCH] }]);
    sum += deleted?.changes ?? 0;
    if (deleted?.changes !== DELETE_BATCH) return sum;
  }
}

function condition(selection: CacheSelection): { where: string; params: string[] } {
  if (selection.scope === undefined) return { where: "", params: [] };
  const { scope, group } = selection;
  if (group === undefined) return { where: "WHERE scope = ?", params: [scope] };
  return { where: "WHERE scope = ? AND grouping = ?", params: [scope, group] };
}
