import type { Migration } from "@trestle/store";

export const swarmMigrations: readonly Migration[] = [
  {
    name: "swarms and their records",
    sql: `
      CREATE TABLE swarm (
        place INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        watched INTEGER NOT NULL,
        version INTEGER NOT NULL
      );
      CREATE INDEX swarm_by_owner ON swarm (owner, place);
      CREATE INDEX swarm_watched ON swarm (place) WHERE watched = 1;
      CREATE TABLE swarm_record (
        swarm INTEGER NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        body TEXT,
        UNIQUE (swarm, kind, id)
      );
      CREATE INDEX swarm_record_by_version ON swarm_record (swarm, version);
    `,
  },
];
