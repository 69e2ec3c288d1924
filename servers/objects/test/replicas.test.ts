import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe } from "vitest";
import {
  openLocalReplicaStore,
  openPostgresReplicaStore,
} from "../src/replication/open-replica-store.ts";
import { describeReplicas } from "./_describe-replicas.ts";

describe("copies in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "trestle-replicas-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  describeReplicas(async () => openLocalReplicaStore(folder));
});

describe.skipIf(!(await hasLocalPostgres()))("copies in Postgres", () => {
  let database: Awaited<ReturnType<typeof createLocalDatabase>>;
  beforeAll(async () => {
    database = await createLocalDatabase({ prefix: "trestle_objects" });
  });
  afterAll(() => database.drop());
  describeReplicas(() => openPostgresReplicaStore(database.url));
});
