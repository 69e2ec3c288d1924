import type { Migration } from "@trestle/store";

export const runMigrations: readonly Migration[] = [
  {
    name: "runs and their events",
    sql: `
      CREATE TABLE plan (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE run (
        place INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        workflow TEXT NOT NULL,
        version TEXT NOT NULL,
        owner TEXT NOT NULL,
        plan TEXT NOT NULL REFERENCES plan (hash),
        facts TEXT NOT NULL,
        parent TEXT,
        status TEXT NOT NULL,
        length INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        output TEXT,
        snapshot TEXT,
        snapshot_after INTEGER
      );
      CREATE INDEX run_by_status ON run (status, place);
      CREATE INDEX run_by_workflow ON run (workflow, place);
      CREATE INDEX run_by_owner ON run (owner, place);
      CREATE TABLE run_event (
        run INTEGER NOT NULL,
        first INTEGER NOT NULL,
        events TEXT NOT NULL,
        PRIMARY KEY (run, first)
      ) WITHOUT ROWID;
      CREATE TABLE workflow (
        place INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        version TEXT NOT NULL,
        definition TEXT NOT NULL,
        registered_at INTEGER NOT NULL,
        UNIQUE (id, version)
      );
    `,
  },
  {
    name: "a run's first events beside it",
    sql: "ALTER TABLE run ADD COLUMN first_events TEXT;",
  },
  {
    name: "a run's end beside it, and no index of those that succeeded",
    sql: `
      ALTER TABLE run ADD COLUMN ends TEXT;
      DROP INDEX run_by_status;
      CREATE INDEX run_not_succeeded ON run (status, place) WHERE status <> 'succeeded';
    `,
  },
];
