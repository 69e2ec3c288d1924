import { swarmTables } from "../../swarms/postgres/tables.ts";

/** In order; what has run stays as it is. All in a schema of their own, beside whatever else is in the database. */
export const postgresMigrations: readonly string[] = [
  `
  CREATE TABLE trestle.plan (hash text PRIMARY KEY, body text NOT NULL);
  CREATE TABLE trestle.run (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    workflow text NOT NULL,
    version text NOT NULL,
    owner text NOT NULL,
    plan text NOT NULL REFERENCES trestle.plan (hash),
    facts text NOT NULL,
    parent text,
    status text NOT NULL,
    length integer NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    output text,
    snapshot text,
    snapshot_after integer,
    first_events text NOT NULL,
    due_at bigint
  );
  CREATE INDEX run_by_status ON trestle.run (status, place);
  CREATE INDEX run_by_workflow ON trestle.run (workflow, place);
  CREATE INDEX run_by_owner ON trestle.run (owner, place);
  CREATE INDEX run_due ON trestle.run (due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE trestle.run_event (
    run bigint NOT NULL,
    first integer NOT NULL,
    events text NOT NULL,
    PRIMARY KEY (run, first)
  );
  CREATE TABLE trestle.task (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    unit text NOT NULL,
    state text NOT NULL,
    fence integer NOT NULL,
    attempt text NOT NULL,
    cancelled boolean NOT NULL DEFAULT false,
    announced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_until timestamptz,
    UNIQUE (run, unit)
  );
  CREATE INDEX task_ready ON trestle.task (place) WHERE state = 'ready';
  CREATE INDEX task_leased ON trestle.task (leased_until) WHERE state = 'claimed';
  CREATE TABLE trestle.blob (
    run text NOT NULL,
    digest text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (run, digest)
  );
  `,
  `
  CREATE TABLE trestle.workflow (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL,
    version text NOT NULL,
    definition text NOT NULL,
    registered_at bigint NOT NULL,
    UNIQUE (id, version)
  );
  `,
  swarmTables,
  // A queue is all dead rows soon: they are swept by number, not by share. A row of a run stays on its page.
  `
  ALTER TABLE trestle.task SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
  ALTER TABLE trestle.run SET (fillfactor = 80);
  `,
  // Runs of steps that nobody waits for any more, until they know.
  `
  CREATE TABLE trestle.orphan (
    run text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  `,
  `
  CREATE TABLE trestle.automation (
    kind text NOT NULL,
    id text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (kind, id)
  );
  CREATE TABLE trestle.lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    fence bigint NOT NULL,
    until timestamptz NOT NULL
  );
  `,
];
