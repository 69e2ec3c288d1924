/** Swarms and their records, and who watches over which; in the schema of everything that the orchestrator keeps. */
export const swarmTables = `
  CREATE TABLE trestle.swarm (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    owner text NOT NULL,
    created_at bigint NOT NULL,
    watched boolean NOT NULL,
    version bigint NOT NULL
  );
  CREATE INDEX swarm_by_owner ON trestle.swarm (owner, place);
  CREATE INDEX swarm_watched ON trestle.swarm (place) WHERE watched;
  CREATE TABLE trestle.swarm_record (
    swarm bigint NOT NULL REFERENCES trestle.swarm (place) ON DELETE CASCADE,
    kind text NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    body text,
    PRIMARY KEY (swarm, kind, id)
  );
  CREATE INDEX swarm_record_by_version ON trestle.swarm_record (swarm, version);
  CREATE TABLE trestle.swarm_watch (
    swarm bigint PRIMARY KEY REFERENCES trestle.swarm (place) ON DELETE CASCADE,
    watcher text NOT NULL,
    until timestamptz NOT NULL
  );
`;
