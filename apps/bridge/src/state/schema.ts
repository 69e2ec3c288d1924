import type { Migration } from "@trestle/store";

/** One file keeps executions, metrics and chains: one writer's thread, and commits that they share. */
export const historyMigrations: readonly Migration[] = [
  {
    name: "executions",
    sql: `
      CREATE TABLE executions (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        execution_id TEXT NOT NULL UNIQUE,
        parent_execution_id TEXT,
        server TEXT NOT NULL,
        tool TEXT NOT NULL,
        principal TEXT NOT NULL,
        read_only INTEGER NOT NULL,
        arguments TEXT NOT NULL,
        outcome TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        duration_ms INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        cached INTEGER NOT NULL DEFAULT 0,
        fallback_used INTEGER NOT NULL DEFAULT 0,
        error_code TEXT,
        error_message TEXT
      );
      CREATE INDEX executions_by_time ON executions (started_at);
      CREATE INDEX executions_by_tool ON executions (server, tool, started_at);
    `,
  },
  {
    name: "executions: stages, client, cost and sizes",
    sql: `
      ALTER TABLE executions ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE executions ADD COLUMN stages TEXT;
      ALTER TABLE executions ADD COLUMN era TEXT;
      ALTER TABLE executions ADD COLUMN client TEXT;
      ALTER TABLE executions ADD COLUMN cost REAL;
      ALTER TABLE executions ADD COLUMN request_bytes INTEGER;
      ALTER TABLE executions ADD COLUMN result_bytes INTEGER;
      CREATE INDEX executions_by_parent ON executions (parent_execution_id)
        WHERE parent_execution_id IS NOT NULL;
    `,
  },
  {
    name: "metrics",
    sql: `
      CREATE TABLE metrics (
        tier TEXT NOT NULL,
        start INTEGER NOT NULL,
        server TEXT NOT NULL,
        tool TEXT NOT NULL,
        principal TEXT NOT NULL,
        run INTEGER NOT NULL,
        rolled INTEGER NOT NULL DEFAULT 0,
        calls INTEGER NOT NULL,
        successes INTEGER NOT NULL,
        total_ms REAL NOT NULL,
        min_ms REAL NOT NULL,
        max_ms REAL NOT NULL,
        cache_hits INTEGER NOT NULL,
        retries INTEGER NOT NULL,
        retried INTEGER NOT NULL,
        fallbacks INTEGER NOT NULL,
        outcome_unknown INTEGER NOT NULL,
        cost REAL NOT NULL,
        last_at INTEGER NOT NULL,
        errors TEXT,
        durations BLOB NOT NULL,
        PRIMARY KEY (tier, start, server, tool, principal, run)
      ) WITHOUT ROWID;
      CREATE INDEX metrics_by_rolled ON metrics (tier, rolled, start);
      CREATE TABLE metric_runs (run INTEGER PRIMARY KEY AUTOINCREMENT, opened_at INTEGER NOT NULL);
    `,
  },
  {
    name: "chains",
    sql: `
      CREATE TABLE chains (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        chain_id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        principal TEXT NOT NULL,
        outcome TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        duration_ms REAL,
        completed_steps INTEGER NOT NULL DEFAULT 0,
        total_steps INTEGER NOT NULL DEFAULT 0,
        steps TEXT NOT NULL DEFAULT '[]',
        definition TEXT NOT NULL,
        error_code TEXT,
        error_message TEXT
      );
      CREATE INDEX chains_by_name ON chains (name, seq);
    `,
  },
  {
    // Each cost every call more than it could save when somebody asks: few rows are kept.
    name: "executions: fewer indexes",
    sql: "DROP INDEX executions_by_time; DROP INDEX executions_by_tool;",
  },
  {
    name: "executions: what is kept of results",
    sql: `
      ALTER TABLE executions ADD COLUMN result_hash TEXT;
      ALTER TABLE executions ADD COLUMN document TEXT;
    `,
  },
  {
    // Up to where executions were copied to other places, and which of those were running then.
    name: "executions: copies",
    sql: `
      CREATE TABLE copy_place (seq INTEGER NOT NULL);
      INSERT INTO copy_place VALUES (0);
      CREATE TABLE copy_running (seq INTEGER PRIMARY KEY);
    `,
  },
  { name: "executions: runs", sql: "ALTER TABLE executions ADD COLUMN run TEXT;" },
  {
    // Counted where they are deleted, whatever deletes them: once it is asked for.
    name: "executions: rows that were never copied",
    sql: `
      ALTER TABLE copy_place ADD COLUMN counts INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE copy_place ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
      CREATE TRIGGER executions_lost AFTER DELETE ON executions
        WHEN old.seq > (SELECT seq FROM copy_place WHERE counts = 1)
        BEGIN UPDATE copy_place SET lost = lost + 1; END;
    `,
  },
];
