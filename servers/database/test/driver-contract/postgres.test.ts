import { silentLogger, systemClock } from "@trestle/protocol";
import { createPostgresDriver } from "../../src/drivers/postgres.ts";
import { describeDriver } from "./_describe-driver.ts";
import { createTestDatabase } from "./_postgres.ts";

describeDriver("Postgres over TCP", async () => {
  const { url, look, drop } = await createTestDatabase();
  return {
    open: (maxConnections) =>
      createPostgresDriver({
        url,
        maxConnections,
        idleTimeoutMs: 10_000,
        connectionTimeoutMs: 10_000,
        clock: systemClock,
        log: silentLogger,
      }),
    async breakConnections() {
      await look(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    },
    close: drop,
  };
});
