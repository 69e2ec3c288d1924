import { silentLogger } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, describe } from "vitest";
import { describeRunStore } from "../_describe-run-store.ts";
import { openPostgres } from "./postgres.ts";
import { createPostgresRunStore } from "./postgres-run-store.ts";

const present = await hasLocalPostgres();
const database = present ? await createLocalDatabase({ prefix: "trestle_runs" }) : undefined;
afterAll(() => database?.drop());

describe.skipIf(database === undefined)("on a server", () => {
  describeRunStore("Postgres", async () => {
    const postgres = await openPostgres({ url: database?.url ?? "", log: silentLogger });
    await postgres.query("TRUNCATE trestle.run, trestle.run_event, trestle.task, trestle.plan");
    return createPostgresRunStore(postgres);
  });
});
