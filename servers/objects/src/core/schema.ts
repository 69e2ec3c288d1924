/**
 * The tables of objects, the same on both hosts. A host that keeps one object in each database has one row in
 * `object`. Rows of deleted objects stay as tombstones: their sequence numbers go on where they are made again.
 */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS object (
    key INTEGER PRIMARY KEY,
    class TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    alive INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    alarm_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (class, id)
  )`,
  "CREATE INDEX IF NOT EXISTS object_alarm ON object (alarm_at) WHERE alarm_at IS NOT NULL",
  `CREATE TABLE IF NOT EXISTS item (
    object INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (object, name)
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS event (
    object INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (object, seq)
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS answer (
    object INTEGER NOT NULL,
    name TEXT NOT NULL,
    call TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (object, name)
  ) WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS answer_seq ON answer (object, seq)",
  // Objects that another host has now.
  `CREATE TABLE IF NOT EXISTS away (
    class TEXT NOT NULL,
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (class, id)
  ) WITHOUT ROWID`,
];
