import { join } from "node:path";
import { openSqlite } from "@trestle/store";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { describeSwarmStore } from "../_describe-swarm-store.ts";
import { swarmMigrations } from "./migrations.ts";
import { createSqliteSwarmStore } from "./sqlite-swarm-store.ts";

describeSwarmStore("SQLite", async () => {
  const file = join(temporaryFolder("trestle-swarms"), "swarms.db");
  return createSqliteSwarmStore(await openSqlite({ file, migrations: swarmMigrations }));
});
