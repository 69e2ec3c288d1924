import type { Migration } from "./migrations.ts";

const cache: Migration = {
  name: "cache",
  sql: `
    -- A scope or group that is missing here stands at 0; ('', '') counts for everything.
    CREATE TABLE cache_generation (
      scope TEXT NOT NULL, grouping TEXT NOT NULL, value INTEGER NOT NULL,
      PRIMARY KEY (scope, grouping)
    ) WITHOUT ROWID;
    CREATE TABLE cache_entry (
      id INTEGER PRIMARY KEY,
      scope TEXT NOT NULL, grouping TEXT NOT NULL, key TEXT NOT NULL,
      value, bytes INTEGER NOT NULL, generation INTEGER NOT NULL,
      stored_at INTEGER NOT NULL, stale_at INTEGER NOT NULL, gone_at INTEGER NOT NULL,
      used_at INTEGER NOT NULL,
      UNIQUE (scope, grouping, key)
    );
    CREATE INDEX cache_used ON cache_entry (used_at, id);
    CREATE INDEX cache_gone ON cache_entry (gone_at);
    CREATE TABLE cache_total (entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
    INSERT INTO cache_total VALUES (0, 0);
    CREATE TRIGGER cache_stored AFTER INSERT ON cache_entry BEGIN
      UPDATE cache_total SET entries = entries + 1, bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER cache_replaced AFTER UPDATE OF bytes ON cache_entry BEGIN
      UPDATE cache_total SET bytes = bytes + new.bytes - old.bytes;
    END;
    CREATE TRIGGER cache_deleted AFTER DELETE ON cache_entry BEGIN
      UPDATE cache_total SET entries = entries - 1, bytes = bytes - old.bytes;
    END;`,
};

const log: Migration = {
  name: "log",
  sql: `
    CREATE TABLE log_topic (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
      first_seq INTEGER NOT NULL DEFAULT 1, last_seq INTEGER NOT NULL
    );
    CREATE TABLE log_entry (
      topic INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL,
      PRIMARY KEY (topic, seq)
    ) WITHOUT ROWID;
    -- Appending takes two steps; written as one statement it can be appended without waiting, too.
    CREATE VIEW log_append AS SELECT '' AS topic, 0 AS at, '' AS text;
    CREATE TRIGGER log_appended INSTEAD OF INSERT ON log_append BEGIN
      INSERT INTO log_topic (name, last_seq) VALUES (new.topic, 1)
        ON CONFLICT (name) DO UPDATE SET last_seq = last_seq + 1;
      INSERT INTO log_entry (topic, seq, at, text)
        SELECT id, last_seq, new.at, new.text FROM log_topic WHERE name = new.topic;
    END;`,
};

const lock: Migration = {
  name: "lock",
  sql: `
    -- One sequence for all names, so that a lease that is over leaves nothing behind.
    CREATE TABLE lock_fence (last INTEGER NOT NULL);
    INSERT INTO lock_fence VALUES (0);
    CREATE TABLE lock_lease (
      name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, until INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX lock_until ON lock_lease (until);`,
};

/**
 * The tables of cache, log and locks. Open a file of its own with them: as the list grows at its end,
 * no other migration can follow.
 */
export const portMigrations: readonly Migration[] = [cache, log, lock];
